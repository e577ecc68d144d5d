import { expect } from "chai";
import type { Event } from "../../../../lib/events/event.ts";
import type { Mode, Phase } from "../../../../lib/model/mode.ts";
import type { Observation } from "../../../../lib/probes/probe.ts";
import type { Verdict } from "../../../../lib/model/verdict.ts";
import type { Symptom } from "../../../../lib/model/symptom.ts";
import { judgeScenario } from "../../../../lib/verdict/scenario.ts";
import { BROKEN, changed, CONTROL, flows, NOTHING, scenarioLog, without } from "../../sample-log.ts";

const passing = scenarioLog();

function shown(broken: Symptom, control: Symptom): readonly Observation[] {
  return [...flows(BROKEN, broken, 3), ...flows(CONTROL, control, 3)];
}

/** Returns the passing log with these rounds under the fault instead of its own. */
function underFault(...rounds: readonly (readonly Observation[])[]): readonly Event[] {
  return withRounds("fault", rounds);
}

function withRounds(phase: Phase, rounds: readonly (readonly Observation[])[], log = passing): readonly Event[] {
  const isOne = (event: Event) => event.type === "round" && event.phase === phase;
  const at = log.findIndex(isOne);
  const own = rounds.map((observations, index): Event => {
    return { atMs: 0, type: "round", scenario: "nodes/ip-forward", phase, number: index + 1, observations };
  });
  const others = without(log, isOne);
  return [...others.slice(0, at), ...own, ...others.slice(at)];
}

describe("judgeScenario with several rounds under the fault", () => {
  const claimed = shown("connect-timeout", "ok");
  const table: readonly (readonly [string, readonly Event[], Verdict])[] = [
    ["a symptom only in the last round", underFault(shown("ok", "ok"), claimed), "pass"],
    ["a symptom that is undecided before the last round", underFault(shown("unknown", "ok"), claimed), "pass"],
    ["a symptom that is gone in the last round", underFault(claimed, shown("ok", "ok")), "fail"],
    ["a control that broke in an earlier round", underFault(shown("ok", "connect-timeout"), claimed), "fail"],
    ["a control that broke in a round between", underFault(claimed, shown("ok", "stall"), claimed), "fail"],
    ["a control that was undecided in an earlier round", underFault(shown("ok", "unknown"), claimed), "pass"],
    [
      "a control that is undecided in the last round",
      underFault(claimed, shown("connect-timeout", "unknown")),
      "unknown",
    ],
    ["a control that is missing in the last round", underFault(claimed, flows(BROKEN, "ok", 3)), "fail"],
  ];
  for (const [name, events, verdict] of table) {
    it(`judges ${name} as ${verdict}`, () => {
      expect(judgeScenario("cell", events).verdict).to.equal(verdict);
    });
  }

  it("counts a control's flows in every round, and a broken path's in the last only", () => {
    const { paths } = judgeScenario("cell", underFault(shown("ok", "ok"), shown("ok", "loss"), claimed));
    expect(paths.map(({ path, observed }) => [path, observed])).to.deep.equal([
      [BROKEN, "connect-timeout ×3"],
      [CONTROL, "ok ×6, loss ×3"],
    ]);
  });
});

describe("judgeScenario with a symptom that may appear late", () => {
  const claimed = shown("connect-timeout", "ok");
  const mayTake = (appearsWithinMs: number, events: readonly Event[]) =>
    judgeScenario("cell", changed(events, "scenario-started", { appearsWithinMs })).verdict;

  it("judges every decided round, unless the symptom may appear late", () => {
    const events = underFault(shown("ok", "unknown"), claimed);
    expect(mayTake(0, events)).to.equal("fail");
    expect(mayTake(60_000, events)).to.equal("pass");
    expect(mayTake(0, underFault(shown("unknown", "ok"), claimed))).to.equal("pass");
  });

  it("is unknown if the probes were interrupted before the symptom had its time", () => {
    const events = without(
      underFault(shown("ok", "ok")),
      (event) => event.type === "read-back" && event.when === "after",
    );
    expect(mayTake(60_000, events)).to.equal("unknown");
    expect(mayTake(0, events)).to.equal("fail");
    expect(mayTake(60_000, underFault(shown("ok", "ok")))).to.equal("fail");
  });
});

describe("judgeScenario with a late recovery", () => {
  const late = (symptom: "unknown" | "loss") => {
    const log = changed(scenarioLog(), "recovered", { afterMs: 6000 });
    const first = log.findIndex((event) => event.type === "round" && event.phase === "recovery");
    const round = { ...log[first], observations: shown(symptom, "ok") } as Event;
    return judgeScenario("cell", [...log.slice(0, first), round, ...log.slice(first)]).verdict;
  };

  it("fails for a broken path, and is unknown for an undecided one", () => {
    expect(late("loss")).to.equal("fail");
    expect(late("unknown")).to.equal("unknown");
  });
});

describe("judgeScenario with a steady state", () => {
  const [ok, bad] = [shown("ok", "ok"), shown("ok", "connect-timeout")];
  const steady = (...rounds: readonly (readonly Observation[])[]) => withRounds("steady", rounds);
  const table: readonly (readonly [string, readonly Event[], Verdict])[] = [
    ["of no round", steady(), "unknown"],
    ["of two rounds", steady(ok, ok), "unknown"],
    ["of three rounds, one of them bad", steady(ok, bad, ok), "unknown"],
    ["of three rounds, the last bad", steady(ok, ok, bad), "unknown"],
    ["of a good, a bad and two good rounds", steady(ok, bad, ok, ok), "unknown"],
    ["of a bad and three good rounds", steady(bad, ok, ok, ok), "pass"],
    ["of three rounds, one of them undecided", steady(ok, shown("ok", "unknown"), ok), "unknown"],
  ];
  for (const [name, events, verdict] of table) {
    it(`judges one ${name} as ${verdict}`, () => {
      const result = judgeScenario("cell", events);
      expect(result.verdict).to.equal(verdict);
      if (verdict !== "pass") expect(result.reason).to.match(/no trace of a steady state before the fault/);
    });
  }

  const bare = (mode: Mode) => {
    const log = scenarioLog({ faults: [NOTHING], mode });
    const after = ["recovered", "node-state"];
    return without(log, (event) => after.includes(event.type) || (event.type === "round" && event.phase !== "fault"));
  };

  it("needs no steady round and no recovery from a suite that breaks nothing", () => {
    expect(judgeScenario("cell", bare("as-claimed")).verdict).to.equal("pass");
    expect(judgeScenario("cell", bare("swapped")).verdict).to.equal("pass");
  });

  it("needs both in the no-fault mode of a suite with a fault", () => {
    expect(judgeScenario("cell", bare("no-fault")).verdict).to.equal("unknown");
  });

  it("fails for a broken claim even without a steady state", () => {
    const events = changed(steady(), "round", { observations: ok });
    expect(judgeScenario("cell", events).verdict).to.equal("fail");
  });
});
