import { expect } from "chai";
import type { Event } from "../../../../lib/events/event.ts";
import type { Mode } from "../../../../lib/model/mode.ts";
import type { RunRecord } from "../../../../lib/verdict/result.ts";
import { judgeLog, judgeRun } from "../../../../lib/verdict/run.ts";
import { BROKEN, cellLog, CONTROL, flows, scenarioLog, without } from "../../sample-log.ts";

function record(...logs: readonly (readonly Event[])[]): RunRecord {
  return {
    runId: "r",
    startedAt: "2026-01-01T00:00:00.000Z",
    durationMs: 5,
    command: ["./faultline"],
    facts: {},
    logs,
  };
}

const ok = scenarioLog();
const failing = scenarioLog({ scenario: "b/fails", underFault: flows(BROKEN, "ok", 3) });
const swapped = scenarioLog({ mode: "swapped", underFault: [...flows(BROKEN, "ok", 3), ...flows(CONTROL, "ok", 3)] });

describe("judgeRun", () => {
  it("counts each verdict and keeps the order in which the scenarios began", () => {
    const { summary, results } = judgeRun(record(cellLog(ok, failing)));
    expect(summary).to.deep.equal({ pass: 1, fail: 1, unknown: 0, skip: 0 });
    expect(results.map(({ scenario, verdict }) => [scenario, verdict])).to.deep.equal([
      ["nodes/ip-forward", "pass"],
      ["b/fails", "fail"],
    ]);
  });

  it("returns the same bytes for the same log, even after a round trip through JSON", () => {
    const log = cellLog(ok, failing);
    const again = JSON.parse(JSON.stringify(log)) as typeof log;
    const json = JSON.stringify(judgeRun(record(log)));
    expect(JSON.stringify(judgeRun(record(log)))).to.equal(json);
    expect(JSON.stringify(judgeRun(record(again)))).to.equal(json);
  });

  it("names the cell of each result", () => {
    const { results, cells } = judgeRun(record(cellLog(ok)));
    expect(results[0]?.cell).to.equal("flannel@1.2.3/iptables/1.34.4/ipv4");
    expect(cells[0]?.cell).to.equal("flannel@1.2.3/iptables/1.34.4/ipv4");
  });

  it("returns a cell's stages, and why it never got to its suites", () => {
    const failed = { type: "stage-failed", stage: "cni", durationMs: 3, message: "no pods", exitCode: 2 } as const;
    const events = [...cellLog().slice(0, 1), { atMs: 0, ...failed }];
    expect(judgeRun(record(events)).cells[0]).to.deep.include({ failure: { stage: "cni", message: "no pods" } });
    expect(judgeRun(record(cellLog())).cells[0]).to.deep.include({
      failure: null,
      stages: [{ stage: "suites", durationMs: 9000, detail: "faultline-x" }],
    });
  });

  it("throws if a log does not begin with cell-started", () => {
    expect(() => judgeRun(record(cellLog(ok).slice(1)))).to.throw("begins with cell-started");
  });
});

describe("judgeLog", () => {
  it("judges each mode of a scenario by its own events", () => {
    const noFault = scenarioLog({
      mode: "no-fault",
      underFault: [...flows(BROKEN, "ok", 3), ...flows(CONTROL, "ok", 3)],
    });
    const judged = judgeLog(cellLog(ok, noFault, swapped)).map(({ mode, verdict }) => [mode, verdict]);
    expect(judged).to.deep.equal([
      ["as-claimed", "pass"],
      ["no-fault", "fail"],
      ["swapped", "fail"],
    ]);
  });

  it("does not let the end of a scenario's second run complete its first", () => {
    const unfinished = without(ok, ({ type }) => type === "scenario-finished");
    const [result] = judgeLog(cellLog(unfinished, ok));
    expect(result?.tries.map(({ verdict }) => verdict)).to.deep.equal(["unknown", "pass"]);
  });

  it("separates scenarios whose events are interleaved", () => {
    const mixed = ok.flatMap((event, index) => [event, failing[index]].filter((one) => one !== undefined));
    expect(judgeLog(cellLog(mixed)).map(({ verdict }) => verdict)).to.deep.equal(["pass", "fail"]);
  });

  const planned = (mode: Mode, ...ids: readonly string[]): Event => {
    const words = { title: "a title", claim: "a claim", documented: ["document 003"] };
    return { atMs: 0, type: "planned", mode, scenarios: ids.map((id) => ({ id, ...words })) };
  };
  const verdicts = (...parts: readonly (readonly Event[])[]) =>
    judgeLog(cellLog(...parts)).map(({ scenario, mode, verdict }) => `${scenario} ${mode} ${verdict}`);

  it("returns an unknown result with title and claim for a planned scenario that never began", () => {
    const [first, second, ...more] = judgeLog(cellLog([planned("as-claimed", "nodes/ip-forward", "d/never")], ok));
    expect(first).to.include({ scenario: "nodes/ip-forward", verdict: "pass" });
    expect(second).to.include({ scenario: "d/never", title: "a title", claim: "a claim", verdict: "unknown" });
    expect(second).to.include({ mode: "as-claimed", reason: "it never began" });
    expect(second?.documented).to.deep.equal(["document 003"]);
    expect(more).to.deep.equal([]);
  });

  it("looks for a planned scenario in its own mode only", () => {
    const plan = [planned("as-claimed", "nodes/ip-forward"), planned("swapped", "nodes/ip-forward")];
    expect(verdicts(plan, ok)).to.deep.equal(["nodes/ip-forward as-claimed pass", "nodes/ip-forward swapped unknown"]);
    expect(verdicts(plan, swapped)).to.deep.equal([
      "nodes/ip-forward swapped fail",
      "nodes/ip-forward as-claimed unknown",
    ]);
  });

  it("is unknown if the log lacks the start of a scenario", () => {
    expect(judgeLog(cellLog(ok, failing.slice(1)))[1]).to.include({
      scenario: "b/fails",
      verdict: "unknown",
      reason: "the log lacks its start",
    });
    const message = "API is gone";
    const error = { atMs: 0, type: "error", scenario: "d/lost", message } as const;
    expect(judgeLog(cellLog([error]))[0]).to.include({ scenario: "d/lost", verdict: "unknown", reason: message });
  });

  const test = (suite: string, title: string, passed: boolean, mode: Mode = "as-claimed"): Event => {
    return { atMs: 0, type: "test", suite, title, mode, passed, message: passed ? "" : "expected 1 to equal 2" };
  };

  it("fails a suite of hand-written tests if one of them fails", () => {
    const tests = [test("a/hand", "a one", true), test("b/hand", "b one", true), test("a/hand", "a two", true)];
    expect(verdicts(tests)).to.deep.equal(["a/hand as-claimed pass", "b/hand as-claimed pass"]);
    expect(judgeLog(cellLog(tests))[0]?.reason).to.equal("2 hand-written tests passed");
    const worse = [...tests, test("a/hand", "a three", false), test("a/hand", "a four", true)];
    expect(verdicts(worse)).to.deep.equal(["a/hand as-claimed fail", "b/hand as-claimed pass"]);
    expect(judgeLog(cellLog(worse))[0]?.reason).to.equal("a three: expected 1 to equal 2");
  });

  it("separates hand-written tests by mode and lists them after the scenarios", () => {
    const tests = [test("a/hand", "a one", true), test("a/hand", "a one", false, "no-fault")];
    expect(verdicts(ok, tests)).to.deep.equal([
      "nodes/ip-forward as-claimed pass",
      "a/hand as-claimed pass",
      "a/hand no-fault fail",
    ]);
  });

  it("returns no result for a log without scenarios", () => {
    expect(judgeLog(cellLog())).to.deep.equal([]);
  });
});
