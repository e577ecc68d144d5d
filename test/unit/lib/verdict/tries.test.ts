import { expect } from "chai";
import type { Event } from "../../../../lib/events/event.ts";
import type { Verdict } from "../../../../lib/model/verdict.ts";
import { judgeLog, judgeRun } from "../../../../lib/verdict/run.ts";
import { exitCodeOf } from "../../../../cli/commands/run.ts";
import { BROKEN, cellLog, changed, CONTROL, flows, scenarioLog, without } from "../../sample-log.ts";

const LOGS: Readonly<Record<"pass" | "fail" | "unknown", readonly Event[]>> = {
  pass: scenarioLog(),
  fail: scenarioLog({ underFault: [...flows(BROKEN, "ok", 3), ...flows(CONTROL, "ok", 3)] }),
  unknown: without(scenarioLog(), ({ type }) => type === "scenario-finished"),
};
const started = (log: readonly Event[], repeat: number, attempt: number) =>
  changed(log, "scenario-started", { nth: { repeat, attempt } });

/** Returns a cell's log of one scenario whose repeats had these verdicts. */
const repeated = (...verdicts: readonly (keyof typeof LOGS)[]) =>
  cellLog(...verdicts.map((verdict, index) => started(LOGS[verdict], index + 1, 1)));
const again = (...verdicts: readonly (keyof typeof LOGS)[]) =>
  cellLog(...verdicts.map((verdict, index) => started(LOGS[verdict], 1, index + 1)));

describe("the result of a scenario that ran more than once", () => {
  const table: readonly (readonly [string, readonly Event[], Verdict, boolean])[] = [
    ["two fails", again("fail", "fail"), "fail", false],
    ["a fail, then a pass", again("fail", "pass"), "unknown", true],
    ["a fail, then an unknown", again("fail", "unknown"), "fail", false],
    ["an unknown, then a pass", again("unknown", "pass"), "pass", false],
    ["an unknown, then two fails", again("unknown", "fail", "fail"), "fail", false],
    ["three unknowns", again("unknown", "unknown", "unknown"), "unknown", false],
    ["three repeats that pass", repeated("pass", "pass", "pass"), "pass", false],
    ["three repeats, one of which fails", repeated("pass", "fail", "pass"), "unknown", true],
    ["three repeats, one of them unknown", repeated("pass", "unknown", "pass"), "unknown", false],
  ];
  for (const [name, log, verdict, flaky] of table) {
    it(`is one ${flaky ? "flaky " : ""}${verdict} for ${name}`, () => {
      const results = judgeLog(log);
      expect(results).to.have.length(1);
      expect(results[0]).to.include({ verdict, flaky });
    });
  }

  it("lists every try with its own verdict", () => {
    const [result] = judgeLog(again("fail", "pass"));
    expect(result?.tries.map(({ repeat, attempt, verdict }) => [repeat, attempt, verdict])).to.deep.equal([
      [1, 1, "fail"],
      [1, 2, "pass"],
    ]);
    expect(result?.reason).to.match(/^flaky: fail ×1, pass ×1 of 2 tries; the fail: other → server by podIP: expected/);
    expect(result?.rate).to.equal(null);
  });

  it("gives the share that passes with its 95 % interval", () => {
    const [result] = judgeLog(repeated("pass", "pass", "fail", "pass", "unknown"));
    expect(result?.rate).to.include({ passed: 3, decided: 4, unknown: 1 });
    // Wilson's 95 % interval for 3 of 4.
    expect(result?.rate?.low).to.be.closeTo(0.3006, 1e-3);
    expect(result?.rate?.high).to.be.closeTo(0.9544, 1e-3);
  });

  it("counts as flaky in the run and exits with 2", () => {
    const header = { runId: "r", startedAt: "2026-01-01T00:00:00Z", durationMs: 1, command: [], facts: {} };
    const run = judgeRun({ ...header, logs: [again("fail", "pass")] });
    expect(run).to.deep.include({ flaky: 1, summary: { pass: 0, fail: 0, unknown: 1, skip: 0 } });
    expect(exitCodeOf(run, 0)).to.equal(2);
  });
});
