import { expect } from "chai";
import type { Event } from "../../../../lib/events/event.ts";
import { mostly } from "../../../../lib/model/expectation.ts";
import type { Verdict } from "../../../../lib/model/verdict.ts";
import { judgeScenario } from "../../../../lib/verdict/scenario.ts";
import { BROKEN, changed, CONTROL, flows, scenarioLog } from "../../sample-log.ts";

const judge = (events: readonly Event[]) => judgeScenario("cell", events);

describe("judgeScenario: what does not recover until something else happens", () => {
  const notUntil = { what: "the agent restarts", lastsMs: 1500 };
  const broken = [...flows(BROKEN, "connect-timeout", 3), ...flows(CONTROL, "ok", 3)];
  const back = [...flows(BROKEN, "ok", 3), ...flows(CONTROL, "ok", 3)];

  /** Rounds a second apart after the first that was as claimed. */
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

  it("passes when every round shows it for as long as claimed", () => {
    expect(judge(lasting(broken, broken))).to.include({ verdict: "pass" });
  });

  it("fails when it came back by itself, even if it broke again", () => {
    expect(judge(lasting(broken, back)).verdict).to.equal("fail");
    expect(judge(lasting(back, broken)).verdict).to.equal("fail");
  });

  const comesAndGoes: readonly (readonly [string, readonly (typeof broken)[], Verdict])[] = [
    ["was away in between", [broken, back, broken], "pass"],
    ["was there only at first, as in a gap", [broken, broken, back], "fail"],
    ["was away in most rounds", [back, back, broken], "fail"],
  ];
  for (const [what, rounds, verdict] of comesAndGoes) {
    it(`takes what is claimed to be there mostly for a ${verdict} when it ${what}`, () => {
      const claims = { [BROKEN]: mostly("connect-timeout"), [CONTROL]: { symptoms: ["ok"] as const } };
      const log = changed(lasting(...rounds), "scenario-started", { expect: claims, appearsWithinMs: 60_000 });
      expect(judge(log).verdict).to.equal(verdict);
    });
  }

  it("cannot tell when it was not looked at for long enough", () => {
    expect(judge(lasting(broken))).to.deep.include({
      verdict: "unknown",
      reason: "the log has no trace of 1500 ms of lasting",
    });
  });
});
