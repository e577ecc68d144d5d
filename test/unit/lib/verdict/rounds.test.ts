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

/** The passing log with these rounds under the fault instead of its own. */
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

describe("judgeScenario: rounds under the fault", () => {
  const claimed = shown("connect-timeout", "ok");
  const table: readonly (readonly [string, readonly Event[], Verdict])[] = [
    ["the symptom shows only in the last", underFault(shown("ok", "ok"), claimed), "pass"],
    ["the symptom cannot be told but in the last", underFault(shown("unknown", "ok"), claimed), "pass"],
    ["the symptom is gone in the last", underFault(claimed, shown("ok", "ok")), "fail"],
    ["a control broke in an earlier one", underFault(shown("ok", "connect-timeout"), claimed), "fail"],
    ["a control broke in one between", underFault(claimed, shown("ok", "stall"), claimed), "fail"],
    ["a control could not be told in an earlier one, and was ok", underFault(shown("ok", "unknown"), claimed), "pass"],
    ["a control could not be told in the last", underFault(claimed, shown("connect-timeout", "unknown")), "unknown"],
    ["a control is not in the last", underFault(claimed, flows(BROKEN, "ok", 3)), "fail"],
  ];
  for (const [name, events, verdict] of table) {
    it(`${name}: ${verdict}`, () => {
      expect(judgeScenario("cell", events).verdict).to.equal(verdict);
    });
  }

  it("counts a control's flows of every round, and a broken path's of the last alone", () => {
    const { paths } = judgeScenario("cell", underFault(shown("ok", "ok"), shown("ok", "loss"), claimed));
    expect(paths.map(({ path, observed }) => [path, observed])).to.deep.equal([
      [BROKEN, "connect-timeout ×3"],
      [CONTROL, "ok ×6, loss ×3"],
    ]);
  });
});

describe("judgeScenario: a symptom that may take its time", () => {
  const claimed = shown("connect-timeout", "ok");
  const mayTake = (appearsWithinMs: number, events: readonly Event[]) =>
    judgeScenario("cell", changed(events, "scenario-started", { appearsWithinMs })).verdict;

  it("counts what was decided in every round, unless it may take its time", () => {
    const events = underFault(shown("ok", "unknown"), claimed);
    expect(mayTake(0, events)).to.equal("fail");
    expect(mayTake(60_000, events)).to.equal("pass");
    expect(mayTake(0, underFault(shown("unknown", "ok"), claimed))).to.equal("pass");
  });

  it("has not failed to show when the probing was broken off", () => {
    const events = without(
      underFault(shown("ok", "ok")),
      (event) => event.type === "read-back" && event.when === "after",
    );
    expect(mayTake(60_000, events)).to.equal("unknown");
    expect(mayTake(0, events)).to.equal("fail");
    expect(mayTake(60_000, underFault(shown("ok", "ok")))).to.equal("fail");
  });
});

describe("judgeScenario: recovery", () => {
  const late = (symptom: "unknown" | "loss") => {
    const log = changed(scenarioLog(), "recovered", { afterMs: 6000 });
    const first = log.findIndex((event) => event.type === "round" && event.phase === "recovery");
    const round = { ...log[first], observations: shown(symptom, "ok") } as Event;
    return judgeScenario("cell", [...log.slice(0, first), round, ...log.slice(first)]).verdict;
  };

  it("that took too long is no fact when what it took so long for could not be told", () => {
    expect(late("loss")).to.equal("fail");
    expect(late("unknown")).to.equal("unknown");
  });
});

describe("judgeScenario: steady state", () => {
  const [ok, bad] = [shown("ok", "ok"), shown("ok", "connect-timeout")];
  const steady = (...rounds: readonly (readonly Observation[])[]) => withRounds("steady", rounds);
  const table: readonly (readonly [string, readonly Event[], Verdict])[] = [
    ["no round", steady(), "unknown"],
    ["two rounds", steady(ok, ok), "unknown"],
    ["three, one of them bad", steady(ok, bad, ok), "unknown"],
    ["three, the last bad", steady(ok, ok, bad), "unknown"],
    ["good, then bad, then two good", steady(ok, bad, ok, ok), "unknown"],
    ["bad, then three good", steady(bad, ok, ok, ok), "pass"],
    ["one that could not be told", steady(ok, shown("ok", "unknown"), ok), "unknown"],
  ];
  for (const [name, events, verdict] of table) {
    it(`${name}: ${verdict}`, () => {
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

  it("is itself the claim of a suite that breaks nothing: no round before, no recovery after", () => {
    expect(judgeScenario("cell", bare("as-claimed")).verdict).to.equal("pass");
    expect(judgeScenario("cell", bare("swapped")).verdict).to.equal("pass");
  });

  it("is needed where a fault was only left out", () => {
    expect(judgeScenario("cell", bare("no-fault")).verdict).to.equal("unknown");
  });

  it("does not outrank a claim that is broken", () => {
    const events = changed(steady(), "round", { observations: ok });
    expect(judgeScenario("cell", events).verdict).to.equal("fail");
  });
});
