import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { readCapture } from "../../lib/evidence/pcap/capture.ts";
import { readEventLog } from "../../lib/events/event-log.ts";
import type { EarlyEnd } from "../../lib/probes/probe.ts";
import type { Run, ScenarioResult } from "../../lib/verdict/result.ts";
import { cellDirs } from "../../cli/store/run-dir.ts";
import { injectedIn } from "./cluster.ts";
import { faultline, latestReport, launch, mustEnd, resultOf, RUNS, runReported } from "./command-line.ts";
import { sharedCluster, type SharedCluster } from "./shared.ts";

const BRIDGE = "services/bridge-nf-call-iptables";
const FORWARD = "nodes/ip-forward";

describe("verdicts with their proof, on a real cluster", function () {
  let run: Run;
  let cluster: SharedCluster;
  let cellDir = "";

  before("two scenarios, twice each, with all evidence", async function () {
    cluster = await sharedCluster();
    const wanted = ["--repeat", "2", "--evidence", "all", "--cluster", cluster.name, "--progress", "plain"];
    const outcome = await faultline(["run", BRIDGE, FORWARD, ...wanted]);
    mustEnd(outcome);
    run = runReported(outcome);
    cellDir = cellDirs(join(RUNS, run.runId))[0] ?? "";
  });

  it("tells the share that holds, of as many tries as were asked for", function () {
    for (const scenario of [BRIDGE, FORWARD]) {
      const { tries, rate, flaky } = resultOf(run, scenario);
      expect(tries.map(({ repeat, verdict }) => [repeat, verdict])).to.deep.equal([
        [1, "pass"],
        [2, "pass"],
      ]);
      expect(rate).to.include({ passed: 2, decided: 2, unknown: 0, high: 1 });
      expect(flaky).to.equal(false);
    }
  });

  const causes: readonly (readonly [string, readonly RegExp[]])[] = [
    [
      BRIDGE,
      [
        /^net\.bridge\.bridge-nf-call-iptables is 0 on A \(baseline 1\)/,
        /reply left the bridge with the pod's address as source/,
        /conntrack SYN_SENT \[UNREPLIED\]/,
      ],
    ],
    [FORWARD, [/^net\.ipv4\.ip_forward is 0 on A \(baseline 1\)/]],
  ];
  for (const [scenario, words] of causes) {
    it(`${scenario}: the first explanation is the true cause, proven`, async function () {
      const [first] = resultOf(run, scenario).explanations;
      for (const one of words) expect(first?.cause).to.match(one);
      expect(first?.confidence).to.equal("proven");
      expect(first?.evidence).not.to.be.empty;
      const { stdout, code } = await faultline(["why", run.runId, scenario]);
      expect(code).to.equal(0);
      expect(stdout).to.contain(`1. proven: ${first?.cause}`);
    });
  }

  it("decides a connect by its SYNs, before its time-out, and says what by", function () {
    const rounds = readEventLog(join(cellDir, "events.ndjson")).flatMap((event) => {
      return event.type === "round" && event.phase === "fault" ? [event] : [];
    });
    const silent = rounds.flatMap(({ observations }) =>
      observations.filter(({ symptom }) => symptom === "connect-timeout"),
    );
    expect(silent).not.to.be.empty;
    const early = silent.filter((one) => one.early !== undefined);
    expect(early.map(({ detail }) => detail).join("\n")).to.match(
      /^2 SYNs unanswered within \d+ ms; conntrack SYN_SENT \[UNREPLIED\]$/m,
    );
    // Without either sign of a loss it takes a third SYN.
    const isToldByNode = (end?: EarlyEnd) => end?.conntrack !== "" || (end.discarded ?? 0) > 0;
    for (const { early: end } of early) expect(end?.resent).to.be.at.least(isToldByNode(end) ? 1 : 2);
  });

  it("keeps captures that hold the flows, whole", function () {
    const { evidence } = resultOf(run, BRIDGE);
    const folder = join(cellDir, evidence ?? "none");
    const index = JSON.parse(readFileSync(join(folder, "index.json"), "utf8")) as {
      readonly captures: readonly { readonly counts: { readonly droppedByKernel: number; readonly cut: boolean } }[];
    };
    expect(index.captures).to.have.length(2);
    for (const { counts } of index.captures) expect(counts).to.include({ droppedByKernel: 0, cut: false });
    const { packets } = readCapture(readFileSync(join(folder, "A.pcap")));
    const ports = [...packets].map(({ packet }) =>
      packet.transport?.kind === "tcp" ? packet.transport.sourcePort : null,
    );
    for (const port of portsOf(readEventLog(join(cellDir, "events.ndjson")))) expect(ports).to.include(port);
  });

  function portsOf(events: ReturnType<typeof readEventLog>): readonly number[] {
    const mine = events.filter((event) => "scenario" in event && event.scenario === BRIDGE);
    const first = mine.find((event) => event.type === "round" && event.phase === "fault");
    const silent = first?.type === "round" ? first.observations.filter((one) => one.early !== undefined) : [];
    return silent.flatMap(({ seen }) => seen.sourcePort ?? []);
  }

  it("says unknown of a fault that somebody undoes under way: when, what, and no taint", async function () {
    const before = await cluster.fingerprint("A");
    const launched = launch(["run", FORWARD, "--cluster", cluster.name, "--progress", "none", "--evidence", "none"]);
    await injectedIn(launched.child);
    await cluster.onNode("A", ["sysctl", "-w", "net.ipv4.ip_forward=1"]);
    const { code, stdout } = await launched.outcome;
    expect(code, stdout).to.equal(2);
    const drifted = latestReport();
    const { verdict, reason, evidence } = resultOf(drifted, FORWARD);
    expect(verdict).to.equal("unknown");
    expect(reason).to.match(
      /^sysctl net\.ipv4\.ip_forward=0 on A was no longer in force \d+ ms after injection: net\.ipv4\.ip_forward = 1; /,
    );
    expect(drifted.cells.flatMap(({ tainted }) => tainted)).to.deep.equal([]);
    expect(evidence).to.equal(null);
    expect(existsSync(join(cellDirs(join(RUNS, drifted.runId))[0] ?? "", "evidence"))).to.equal(false);
    expect(await cluster.differences("A", before)).to.deep.equal([]);
  });

  it("keeps a summary of what passed with --evidence failures, and its explanation", async function () {
    const second = await faultline(["run", BRIDGE, "--cluster", cluster.name, "--progress", "none"]);
    mustEnd(second);
    const again = runReported(second);
    const result: ScenarioResult = resultOf(again, BRIDGE);
    const folder = join(cellDirs(join(RUNS, again.runId))[0] ?? "", result.evidence ?? "none");
    expect(readdirSync(folder)).to.have.members(["index.json", "interfaces.json", "where.json"]);
    expect(result.explanations[0]?.confidence).to.equal("proven");
  });
});
