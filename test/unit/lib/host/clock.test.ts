import { chmodSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import type { Event } from "../../../../lib/events/event.ts";
import { stamped } from "../../../../lib/events/event-log.ts";
import { hostExec, mustExec, type ExecResult } from "../../../../lib/host/exec.ts";
import type { DigAttempt } from "../../../../lib/probes/probe.ts";
import { parseFrames } from "../../../../lib/probes/frames.ts";
import { requestWords } from "../../../../lib/probes/request.ts";
import { PROBER } from "../../../../lib/probes/round.ts";
import type { Run } from "../../../../lib/verdict/result.ts";
import { elapsedMs, spanMs } from "../../../../lib/events/elapsed.ts";
import { judgeRun } from "../../../../lib/verdict/run.ts";
import { renderJson } from "../../../../reports/json.ts";
import { reportSchema } from "../../../../reports/schema.ts";
import { BROKEN, cellLog, flows, scenarioLog } from "../../sample-log.ts";

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));
const HOUR_MS = 3_600_000;
const HEADER = {
  runId: "20260101-000000-abcd",
  startedAt: "2026-01-01T00:00:00.000Z",
  durationMs: 60_000,
  command: [],
  facts: {},
};

/** The log of a pass, a fail and an unknown. */
const LOG = cellLog(
  scenarioLog(),
  scenarioLog({ scenario: "dns/other", underFault: flows(BROKEN, "ok", 3) }),
  scenarioLog({ scenario: "dns/third", underFault: flows(BROKEN, "unknown", 3) }),
);
const counted = LOG.map((event, index): Event => ({ ...event, upMs: 5_000 + index * 1000 }));

/** Returns the events with another wall clock from event `at` on. */
function jumped(events: readonly Event[], at: number, byMs: number): readonly Event[] {
  return events.map((event, index) => (index < at ? event : { ...event, atMs: event.atMs + byMs }));
}

interface ScriptResult {
  /** The clock's observed errors, in whole hours. */
  readonly jumps: readonly number[];
  readonly wait: string;
  readonly waitedMs: number;
  readonly value: number;
  readonly renewals: number;
  readonly renewedMs: number;
  readonly stopped: ExecResult;
  readonly ended: ExecResult;
}

const judged = (events: readonly Event[]): Run => judgeRun({ ...HEADER, logs: [events] });

describe("a wall clock that jumps by an hour", function () {
  this.timeout(60_000);

  it("does not change a byte of a run's report, at whichever event it jumps", () => {
    const report = renderJson(judged(counted));
    expect(judged(counted).results.map(({ verdict }) => verdict)).to.deep.equal(["pass", "fail", "unknown"]);
    expect(judged(counted).results[0]?.times).to.include({ steadyMs: 3000, proveMs: 2000 });
    for (const byMs of [HOUR_MS, -HOUR_MS])
      for (const at of counted.keys())
        expect(renderJson(judged(jumped(counted, at, byMs))), `event ${at}`).to.equal(report);
  });

  it("changes no verdict of a log without upMs, and makes no duration negative", () => {
    const verdicts = judged(LOG).results.map(({ verdict, reason }) => [verdict, reason]);
    for (const byMs of [HOUR_MS, -HOUR_MS]) {
      for (const at of LOG.keys()) {
        const run = judged(jumped(LOG, at, byMs));
        expect(run.results.map(({ verdict, reason }) => [verdict, reason])).to.deep.equal(verdicts);
        expect(reportSchema.safeParse(run).error).to.equal(undefined);
      }
    }
  });

  it("does not change elapsedMs and spanMs", () => {
    const at = (atMs: number, upMs?: number) => ({ atMs, ...(upMs === undefined ? {} : { upMs }) });
    expect(elapsedMs(at(HOUR_MS, 10), at(0, 30))).to.equal(20);
    expect(elapsedMs(at(100), at(130))).to.equal(30);
    expect(elapsedMs(at(HOUR_MS), at(0))).to.equal(0);
    expect(spanMs([at(5, 70), at(HOUR_MS, 20), at(0)])).to.equal(50);
    expect(spanMs([])).to.equal(0);
    const [first, second] = [stamped({ type: "note", text: "" }), stamped({ type: "note", text: "" })];
    expect(elapsedMs(first, second)).to.be.within(0, 5000);
  });

  it("does not change the length of waits and commands, nor the renewal of leases", async () => {
    const script = `
      const { waitFor } = await import("./lib/host/wait.ts");
      const { hostExec } = await import("./lib/host/exec.ts");
      const { keepRenewing } = await import("./lib/faults/run/renewal.ts");
      let renewals = 0;
      const exec = async (argv) => {
        renewals += 1;
        return { argv, exitCode: 0, timedOut: false, stdout: "", stderr: "", durationMs: 0 };
      };
      const identity = { kind: "netns", name: "a", netnsInode: "1", bootId: "b" };
      const seen = new Set();
      const startedAtMs = performance.now();
      const errorMs = () => Date.now() - performance.timeOrigin - performance.now();
      const watching = setInterval(() => seen.add(Math.round(errorMs() / 3600000)), 5);
      const never = () => { throw new Error("no"); };
      const wait = await waitFor("never", never, { budgetMs: 700, intervalMs: 20 }).catch((error) => error.name);
      const waitedMs = performance.now() - startedAtMs;
      const target = { node: "A", identity, hostNetnsInodes: ["2"], exec, host: { exec, timeScale: { factor: 1 } } };
      const stopRenewing = keepRenewing(target, "id01", { leaseMs: 300, longestMs: 60000 });
      let tries = 0;
      const tenth = async () => {
        tries += 1;
        if (tries < 10) throw new Error("no");
        return tries;
      };
      const value = await waitFor("ten", tenth, { budgetMs: 20000, intervalMs: 30 });
      const stopped = await hostExec(["sleep", "20"], { timeoutMs: 400 });
      const ended = await hostExec(["sleep", "0.4"], { timeoutMs: 20000 });
      stopRenewing();
      clearInterval(watching);
      const renewedMs = performance.now() - startedAtMs - waitedMs;
      const jumps = [...seen].sort();
      console.log(JSON.stringify({ renewals, renewedMs, jumps, wait, waitedMs, value, stopped, ended }));`;
    const argv = [
      "--disable-warning=DEP0190",
      "--import",
      "./test/fixtures/jumping-clock.ts",
      "--input-type=module",
      "-e",
      script,
    ];
    const { stdout } = await mustExec(hostExec, [process.execPath, ...argv], { cwd: ROOT });
    const measured = JSON.parse(stdout) as ScriptResult;
    // The clock jumped both ways.
    expect(measured.jumps).to.include.members([1, -1]);
    expect(measured).to.include({ wait: "WaitTimeoutError", value: 10 });
    expect(measured.waitedMs).to.be.within(600, 20_000);
    // A renewal comes every third of the lease; a busy machine may miss some.
    expect(measured.renewals).to.be.within(2, measured.renewedMs / 100 + 1);
    expect(measured.stopped).to.include({ timedOut: true });
    expect(measured.ended).to.include({ timedOut: false, exitCode: 0 });
    for (const { durationMs } of [measured.stopped, measured.ended]) expect(durationMs).to.be.within(390, 20_000);
  });

  it("does not make a round of probes look starved, nor a probe long", async () => {
    const tools = mkdtempSync(join(tmpdir(), "faultline-clock-"));
    try {
      writeFileSync(join(tools, "dig"), "#!/bin/sh\nsleep 0.4\n");
      // A day in 1970, then an hour later at each call.
      const jumping = `#!/bin/sh\necho x >>"\${0}s"\nexpr "$(wc -l <"\${0}s")" \\* 3600000 - 2600000\n`;
      writeFileSync(join(tools, "date"), jumping);
      for (const tool of ["dig", "date"]) chmodSync(join(tools, tool), 0o755);
      const dig: DigAttempt = {
        id: "d",
        path: "p",
        netnsPid: 1,
        tool: "dig",
        server: "10.0.0.1",
        name: "x",
        type: "A",
        transport: "tcp",
        timeoutMs: 1000,
      };
      const argv = ["perl", "-e", PROBER, "fl-clock", ...requestWords([dig])];
      const { stdout } = await hostExec(argv, { env: { PATH: `${tools}:/usr/bin:/bin` } });
      const { records, close } = parseFrames(stdout, "fl-clock");
      expect(close?.worstGapMs, stdout).to.be.below(60_000);
      expect(records.get(0)?.durationMs).to.be.within(350, 60_000);
      // This time is a label only.
      expect(records.get(0)?.startedAtMs).to.be.within(1_000_000, 1_060_000);
    } finally {
      rmSync(tools, { recursive: true, force: true });
    }
  });

  it("is not read by a script on a node, except to label the time of an event", () => {
    const scripts = globSync(["lib/**/*.{sh,pl}", "clusters/*.sh"], { cwd: ROOT });
    expect(scripts.length).to.be.above(8);
    for (const script of scripts) {
      // Allowed labels: the start of a probe, and a time for people.
      const labels = /said_by\("date", "\+%s%3N"\)|date -u \+%Y-%m-%dT\S+/g;
      const code = readFileSync(join(ROOT, script), "utf8").replaceAll(labels, "");
      expect(code, script).to.not.match(
        /\bdate\b|EPOCH|%\([^)]*\)T|--on-calendar|\b(?:time|gettimeofday|localtime|gmtime)\(/,
      );
    }
  });
});
