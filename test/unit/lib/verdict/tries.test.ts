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

/** A cell's log of one scenario that came out so, time after time. */
const repeated = (...verdicts: readonly (keyof typeof LOGS)[]) =>
  cellLog(...verdicts.map((verdict, index) => started(LOGS[verdict], index + 1, 1)));
const again = (...verdicts: readonly (keyof typeof LOGS)[]) =>
  cellLog(...verdicts.map((verdict, index) => started(LOGS[verdict], 1, index + 1)));

describe("a scenario that is run more than once", () => {
  const table: readonly (readonly [string, readonly Event[], Verdict, boolean])[] = [
    ["failed twice", again("fail", "fail"), "fail", false],
    ["failed, then held", again("fail", "pass"), "unknown", true],
    ["failed, then could not be told", again("fail", "unknown"), "fail", false],
    ["could not be told, then held", again("unknown", "pass"), "pass", false],
    ["could not be told, then failed twice", again("unknown", "fail", "fail"), "fail", false],
    ["could not be told three times", again("unknown", "unknown", "unknown"), "unknown", false],
    ["held each time", repeated("pass", "pass", "pass"), "pass", false],
    ["did not hold once in three times", repeated("pass", "fail", "pass"), "unknown", true],
    ["could not be told once in three times", repeated("pass", "unknown", "pass"), "unknown", false],
  ];
  for (const [name, log, verdict, flaky] of table) {
    it(`${name}: one result, ${verdict}${flaky ? ", flaky" : ""}`, () => {
      const results = judgeLog(log);
      expect(results).to.have.length(1);
      expect(results[0]).to.include({ verdict, flaky });
    });
  }

  it("keeps every try with its own verdict", () => {
    const [result] = judgeLog(again("fail", "pass"));
    expect(result?.tries.map(({ repeat, attempt, verdict }) => [repeat, attempt, verdict])).to.deep.equal([
      [1, 1, "fail"],
      [1, 2, "pass"],
    ]);
    expect(result?.reason).to.match(/^flaky: fail ×1, pass ×1 of 2 tries; the fail: other → server by podIP: expected/);
    expect(result?.rate).to.equal(null);
  });

  it("tells the share that holds with the interval that this speaks for", () => {
    const [result] = judgeLog(repeated("pass", "pass", "fail", "pass", "unknown"));
    expect(result?.rate).to.include({ passed: 3, decided: 4, unknown: 1 });
    // Wilson's 95 % interval for 3 of 4.
    expect(result?.rate?.low).to.be.closeTo(0.3006, 1e-3);
    expect(result?.rate?.high).to.be.closeTo(0.9544, 1e-3);
  });

  it("is counted as flaky, and never green", () => {
    const header = { runId: "r", startedAt: "2026-01-01T00:00:00Z", durationMs: 1, command: [], facts: {} };
    const run = judgeRun({ ...header, logs: [again("fail", "pass")] });
    expect(run).to.deep.include({ flaky: 1, summary: { pass: 0, fail: 0, unknown: 1, skip: 0 } });
    expect(exitCodeOf(run, 0)).to.equal(2);
  });
});
