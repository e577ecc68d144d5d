import { expect } from "chai";
import type { Event } from "../../lib/event.ts";
import type { RunRecord } from "../../lib/run.ts";
import { judgeLog, judgeRun } from "../../lib/verdict/run.ts";
import { BROKEN, cellLog, CONTROL, flows, scenarioLog, without } from "./sample-log.ts";

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
  it("counts each verdict and keeps the order in which scenarios began", () => {
    const { summary, results } = judgeRun(record(cellLog(ok, failing)));
    expect(summary).to.deep.equal({ pass: 1, fail: 1, unknown: 0, skip: 0 });
    expect(results.map(({ scenario, verdict }) => [scenario, verdict])).to.deep.equal([
      ["nodes/ip-forward", "pass"],
      ["b/fails", "fail"],
    ]);
  });

  it("gives the same result byte for byte, also from a log that went through JSON", () => {
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

  it("tells a cell's stages, and why it never got to its suites", () => {
    const failed = { type: "stage-failed", stage: "cni", durationMs: 3, message: "no pods", exitCode: 2 } as const;
    const events = [...cellLog().slice(0, 1), { atMs: 0, ...failed }];
    expect(judgeRun(record(events)).cells[0]).to.deep.include({ failure: { stage: "cni", message: "no pods" } });
    expect(judgeRun(record(cellLog())).cells[0]).to.deep.include({
      failure: null,
      stages: [{ stage: "suites", durationMs: 9000, detail: "faultline-x" }],
    });
  });

  it("refuses a log with no beginning", () => {
    expect(() => judgeRun(record(cellLog(ok).slice(1)))).to.throw("begins with cell-started");
  });
});

describe("judgeLog", () => {
  it("judges two modes of one scenario each by its own events", () => {
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

  it("does not let the end of a second run of a scenario close the first", () => {
    const unfinished = without(ok, ({ type }) => type === "scenario-finished");
    expect(judgeLog(cellLog(unfinished, ok)).map(({ verdict }) => verdict)).to.deep.equal(["unknown", "pass"]);
  });

  it("keeps scenarios apart whose events are interleaved", () => {
    const mixed = ok.flatMap((event, index) => [event, failing[index]].filter((one) => one !== undefined));
    expect(judgeLog(cellLog(mixed)).map(({ verdict }) => verdict)).to.deep.equal(["pass", "fail"]);
  });

  it("passes over notes and stages", () => {
    expect(judgeLog(cellLog())).to.deep.equal([]);
  });
});
