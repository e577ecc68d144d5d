import { expect } from "chai";
import type { Event } from "../../../../lib/events/event.ts";
import { mostly } from "../../../../lib/model/expectation.ts";
import type { Verdict } from "../../../../lib/model/verdict.ts";
import { judgeScenario } from "../../../../lib/verdict/scenario.ts";
import { BROKEN, changed, CONTROL, flows, scenarioLog } from "../../sample-log.ts";

const judge = (events: readonly Event[]) => judgeScenario("cell", events);

describe("judgeScenario with a symptom that lasts until something else happens", () => {
  const notUntil = { what: "the agent restarts", lastsMs: 1500 };
  const broken = [...flows(BROKEN, "connect-timeout", 3), ...flows(CONTROL, "ok", 3)];
  const back = [...flows(BROKEN, "ok", 3), ...flows(CONTROL, "ok", 3)];

  /** Returns a log with these rounds, a second apart, after a first round as claimed. */
  function lasting(...rounds: readonly (typeof broken)[]): readonly Event[] {
    const log = changed(scenarioLog(), "scenario-started", { notUntil });
    const at = log.findIndex((event) => event.type === "round" && event.phase === "fault");
    const first = log[at];
    if (!first) throw new Error("the sample log has a round under the fault");
    const more = rounds.map((observations, index) => {
      return {
        ...first,
        number: 2 + index,
        observations,
        lasting: true,
        atMs: first.atMs + 1000 * (index + 1),
      } as Event;
    });
    return [...log.slice(0, at + 1), ...more, ...log.slice(at + 1)];
  }

  it("passes if every round shows the symptom for as long as claimed", () => {
    expect(judge(lasting(broken, broken))).to.include({ verdict: "pass" });
  });

  it("fails if the path recovered by itself, even if it broke again", () => {
    expect(judge(lasting(broken, back)).verdict).to.equal("fail");
    expect(judge(lasting(back, broken)).verdict).to.equal("fail");
  });

  const comesAndGoes: readonly (readonly [string, readonly (typeof broken)[], Verdict])[] = [
    ["was absent in between", [broken, back, broken], "pass"],
    ["was present only at first", [broken, broken, back], "fail"],
    ["was absent in most rounds", [back, back, broken], "fail"],
  ];
  for (const [name, rounds, verdict] of comesAndGoes) {
    it(`judges a mostly claim as ${verdict} if the symptom ${name}`, () => {
      const claims = { [BROKEN]: mostly("connect-timeout"), [CONTROL]: { symptoms: ["ok"] as const } };
      const log = changed(lasting(...rounds), "scenario-started", { expect: claims, appearsWithinMs: 60_000 });
      expect(judge(log).verdict).to.equal(verdict);
    });
  }

  it("is unknown if the probes did not watch for long enough", () => {
    expect(judge(lasting(broken))).to.deep.include({
      verdict: "unknown",
      reason: "the log has no trace of 1500 ms of lasting",
    });
  });
});
