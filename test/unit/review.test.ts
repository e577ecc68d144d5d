/** What the review of issue 3 found: each is red until its finding is mended, then moves to the test file of its concept. */
import { execFile } from "node:child_process";
import { appendFileSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";
import { exitCodeOf } from "../../cli/run.ts";
import { attemptsFor } from "../../lib/attempts.ts";
import type { Event } from "../../lib/event.ts";
import { hostExec } from "../../lib/exec.ts";
import { swapped } from "../../lib/expectation.ts";
import { suiteId } from "../../lib/mocha/scenario.ts";
import { parsePath } from "../../lib/path.ts";
import { judgeRun } from "../../lib/verdict/run.ts";
import { judgeScenario } from "../../lib/verdict/scenario.ts";
import { WHERE } from "./sample-cluster.ts";
import { BROKEN, cellLog, changed, flows, scenarioLog, without } from "./sample-log.ts";

const passing = scenarioLog();
const runNode = promisify(execFile);

function codeOf(...logs: readonly (readonly Event[])[]): number {
  const facts = { runId: "r", startedAt: "2026-01-01T00:00:00.000Z", durationMs: 1, command: [], facts: {} };
  return exitCodeOf(judgeRun({ ...facts, logs }), 0);
}

/** Runs a module of ours in a process of its own, since what it may do is die. */
async function inProcess(script: string): Promise<string> {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const argv = ["--disable-warning=DEP0190", "--input-type=module", "-e", script, root];
  const ended = await runNode(process.execPath, argv, { timeout: 20_000 }).catch((error: unknown) => error as Error);
  return ended instanceof Error ? ended.message : ended.stdout;
}

describe("review: never green by mistake", () => {
  it("a path that the round under the fault does not have is unknown", () => {
    const round = { underFault: flows(BROKEN, "connect-timeout", 3) };
    expect(judgeScenario("cell", scenarioLog(round)).verdict).to.equal("unknown");
  });

  for (const type of ["injected", "read-back", "healed", "recovered", "node-state"] as const) {
    it(`a log without ${type} does not pass`, () => {
      const log = without(passing, (event) => event.type === type);
      expect(judgeScenario("cell", log).verdict).to.not.equal("pass");
    });
  }

  it("a recovery later than its budget fails", () => {
    expect(judgeScenario("cell", changed(passing, "recovered", { afterMs: 5001 })).verdict).to.equal("fail");
  });

  it("a scenario that ended before it was stated is not lost", () => {
    const scenario = "dns/coredns-loop";
    const error = { atMs: 0, type: "error", scenario, message: "API is gone" } as const;
    const lost = [error, { atMs: 1, type: "scenario-finished", scenario, durationMs: 1 }] as const;
    expect(codeOf(cellLog(passing, lost))).to.equal(2);
  });

  it("a cell stopped outside of a stage is undecided", () => {
    const note = { atMs: 0, type: "note", text: "stopped: kind is gone" } as const;
    expect(codeOf(cellLog(passing), [...cellLog().slice(0, 1), note])).to.equal(2);
  });

  it("a cell's log that ends between two scenarios is undecided", () => {
    expect(codeOf(cellLog(passing).slice(0, 2 + passing.length))).to.equal(2);
  });

  it("swapped never accepts slow for slow", () => {
    expect(swapped({ symptoms: ["slow"] }).symptoms).to.not.include("slow");
  });

  it("lookups of one round never share a source port", () => {
    for (let round = 0; round < 200; round += 1) {
      const attempts = attemptsFor(WHERE, "same → dns by ClusterIP", { flows: 40 });
      const ports = attempts.map((one) => (one.tool === "dig" ? one.sourcePort : undefined));
      expect(new Set(ports).size).to.equal(40);
    }
  });

  it("a path that nobody can send on is refused when it is read", () => {
    expect(() => parsePath("dns → server by podIP")).to.throw();
    expect(() => parsePath("same → other by ClusterIP")).to.throw();
  });
});

describe("review: commands", function () {
  this.timeout(30_000);

  it("a command that ends before it has read its stdin kills nobody", async () => {
    const script = `const { hostExec } = await import(process.argv[1] + "lib/exec.ts");
      for (let i = 0; i < 5; i += 1) await hostExec(["true"], { stdin: "x".repeat(1e6) });
      console.log("alive");`;
    expect(await inProcess(script)).to.equal("alive\n");
  });

  it("a command that reads its stdin finds its end when none is given", async () => {
    expect(await hostExec(["cat"], { timeoutMs: 2000 })).to.include({ exitCode: 0, timedOut: false });
  });

  it("a command that was killed for its time never exits 0", async () => {
    // Its children may be killed a moment before it, and then it goes on: about one in ten did.
    for (let round = 0; round < 25; round += 1) {
      const result = await hostExec(["sh", "-c", "sleep 20; exit 0"], { timeoutMs: 100 });
      expect(result).to.include({ exitCode: null, timedOut: true });
    }
  });

  it("output keeps a character that two chunks cut in half", async () => {
    const { stdout } = await hostExec(["sh", "-c", "printf '\\342\\202'; sleep 0.2; printf '\\254'"]);
    expect(stdout).to.equal("€");
  });

  it("an argument with a NUL is refused, not cut", async () => {
    const ended = await hostExec(["printf", "a\0b"]).catch(() => "refused");
    expect(ended).to.equal("refused");
  });

  it("a damaged line in a followed log does not end the process", async () => {
    const path = join(mkdtempSync(join(tmpdir(), "faultline-review-")), "events.ndjson");
    writeFileSync(path, '{"atMs":1,"ty\n');
    appendFileSync(path, '{"atMs":2,"type":"note","text":"x"}\n');
    const script = `const { followLog } = await import(process.argv[1] + "cli/follow.ts");
      const following = followLog(${JSON.stringify(path)}, (event) => console.log(event.text));
      await new Promise((go) => setTimeout(go, 400)); following.stop();`;
    expect(await inProcess(script)).to.equal("x\n");
  });

  it("a checkout below a folder that ends in `suites` has the same ids", () => {
    expect(suiteId("/work/test-suites/faultline/suites/dns/coredns-loop.ts")).to.equal("dns/coredns-loop");
  });
});
