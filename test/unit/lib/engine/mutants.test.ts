import { expect } from "chai";
import { faultsIn, whyNoMutant } from "../../../../lib/engine/mutants.ts";
import type { Mode } from "../../../../lib/model/mode.ts";
import type { ScenarioResult } from "../../../../lib/verdict/result.ts";
import {
  expectationsOf,
  linkDown,
  noFault,
  podsResolver,
  selectNobody,
  sysctl,
} from "../../../../lib/scenario/spec.ts";
import type { ScenarioSpec } from "../../../../lib/scenario/spec.ts";
import { scoreOf } from "../../../../lib/verdict/mutants.ts";
import { judgeScenario } from "../../../../lib/verdict/scenario.ts";
import { RECORD } from "../../sample-cluster.ts";
import {
  allOk,
  asExpected,
  BROKEN,
  CONTROL,
  EXPECT,
  FORWARD_OFF,
  scenarioLog,
  type SampleLog,
} from "../../sample-log.ts";

const context = { cell: RECORD.cell, traits: RECORD.traits };

describe("faultsIn", () => {
  const both = [sysctl("A", "net.x", 0), linkDown("B", "eth1")];

  it("breaks what is claimed, as claimed and swapped", () => {
    expect(faultsIn("as-claimed", both)).to.equal(both);
    expect(faultsIn("swapped", both)).to.equal(both);
  });

  it("breaks nothing with no fault", () => expect(faultsIn("no-fault", both)).to.deep.equal([noFault]));

  it("breaks the same on the other node on the wrong one", () => {
    const other = [sysctl("B", "net.x", 0), linkDown("A", "eth1")];
    expect(faultsIn("wrong-node", both)).to.deep.equal(other);
    expect(faultsIn("wrong-node", other)).to.deep.equal(both);
  });
});

describe("whyNoMutant", () => {
  const spec = (fault: ScenarioSpec["fault"], shows: "ok" | "connect-timeout" = "connect-timeout"): ScenarioSpec => ({
    claim: "x",
    documented: [],
    fault,
    expect: { [BROKEN]: shows },
    recovers: { withinMs: 1 },
  });
  const why = (mode: Mode, one: ScenarioSpec) => whyNoMutant(mode, one, expectationsOf(one, context), context);
  const table: readonly (readonly [string, Mode, ScenarioSpec, RegExp | null])[] = [
    ["a fault on A", "wrong-node", spec(sysctl("A", "net.x", 0)), null],
    [
      "a fault that asks for an address",
      "wrong-node",
      spec(({ address }) => linkDown("B", address("server", "podIP"))),
      null,
    ],
    ["two faults on B", "wrong-node", spec([linkDown("B", "a"), linkDown("B", "b")]), null],
    ["faults on both", "wrong-node", spec([podsResolver("A", "::1"), podsResolver("B", "::1")]), /more than one node/],
    [
      "a fault that the other node cannot have",
      "wrong-node",
      { ...spec(sysctl("A", "net.x", 0)), notOnOtherNode: () => "there is one already" },
      /^there is one already$/,
    ],
    [
      "a fault that the other node could have, were it another cell",
      "wrong-node",
      { ...spec(sysctl("A", "net.x", 0)), notOnOtherNode: () => null },
      null,
    ],
    [
      "a fault that the other node cannot have",
      "swapped",
      { ...spec(sysctl("A", "net.x", 0)), notOnOtherNode: () => "there is one already" },
      null,
    ],
    ["a fault through the API", "wrong-node", spec(selectNobody("server")), /control plane/],
    ["a claim of no effect", "wrong-node", spec(sysctl("A", "net.x", 0), "ok"), /the other node/],
    ["a claim of no effect", "no-fault", spec(sysctl("A", "net.x", 0), "ok"), /without its fault/],
    ["a fault through the API", "no-fault", spec(selectNobody("server")), null],
    ["a claim about what is broken as it is", "no-fault", spec(noFault), /breaks nothing/],
    ["a claim about what is broken as it is", "wrong-node", spec(noFault), /breaks nothing/],
    ["a claim about what is broken as it is", "swapped", spec(noFault), null],
    ["a claim of no effect", "swapped", spec(noFault, "ok"), null],
    ["a claim of no effect", "as-claimed", spec(noFault, "ok"), null],
  ];
  for (const [name, mode, one, reason] of table) {
    it(`${name}, ${mode}: ${reason === null ? "there is one" : "there is none, with the reason"}`, () => {
      if (reason === null) expect(why(mode, one)).to.equal(null);
      else expect(why(mode, one)).to.match(reason);
    });
  }
});

describe("scoreOf", () => {
  const result = (change: SampleLog): ScenarioResult => judgeScenario("cell", scenarioLog(change));
  const wrong = (change: SampleLog = {}) => result({ mode: "wrong-node", ...change });
  const none = new Map<string, string>();
  const same = new Map([[wrong().scenario, "there are only two nodes"]]);
  const elsewhere = {
    [BROKEN]: EXPECT[CONTROL] ?? { symptoms: ["ok"] },
    [CONTROL]: EXPECT[CONTROL] ?? { symptoms: ["ok"] },
  };

  it("counts as caught what a path was measured to show otherwise", () => {
    const score = scoreOf([wrong({ underFault: allOk(EXPECT) })], none);
    expect(score).to.include({ mutants: 1, caught: 1, scorePercent: 100 });
  });

  it("names what passes on the wrong node, and what could be added", () => {
    const score = scoreOf([wrong(), wrong({ underFault: asExpected(elsewhere) })], none);
    expect(score).to.include({ mutants: 2, caught: 1, scorePercent: 50 });
    expect(score.notCaught[0]?.reason).to.match(/add a control/);
  });

  it("does not count what its suite says is the same, and says so", () => {
    const score = scoreOf([wrong()], same);
    expect(score).to.include({ mutants: 0, scorePercent: null });
    expect(score.equivalent.map(({ reason }) => reason)).to.deep.equal(["there are only two nodes"]);
  });

  it("counts a suite as wrong that says it is the same where it is not", () => {
    const score = scoreOf([wrong({ underFault: allOk(EXPECT) })], same);
    expect(score).to.include({ mutants: 1, caught: 0 });
    expect(score.notCaught[0]?.reason).to.match(/but they differ/);
  });

  it("never takes what could not be told for caught, nor for the same", () => {
    const untold = asExpected(EXPECT).map((one) => ({ ...one, symptom: "unknown" as const }));
    expect(scoreOf([wrong({ underFault: untold })], none)).to.include({ mutants: 1, caught: 0 });
    expect(scoreOf([wrong({ underFault: untold })], same)).to.include({ mutants: 1, caught: 0 });
  });

  it("never takes a node that was left broken for caught", () => {
    const log = scenarioLog({ mode: "wrong-node", underFault: allOk(EXPECT), faults: [FORWARD_OFF] });
    const dirty = log.map((one) => (one.type === "node-state" ? { ...one, differences: ["route new"] } : one));
    expect(scoreOf([judgeScenario("cell", dirty)], none)).to.include({ mutants: 1, caught: 0 });
  });

  it("rounds down: 100 is all of them", () => {
    const many = Array.from({ length: 299 }, () => wrong({ underFault: allOk(EXPECT) }));
    expect(scoreOf([...many, wrong()], none)).to.include({ mutants: 300, caught: 299, scorePercent: 99 });
  });

  it("counts by mode, and skips apart", () => {
    const score = scoreOf([wrong(), result({ mode: "no-fault", underFault: allOk(EXPECT) })], none);
    expect(score.byMode).to.deep.equal([
      { mode: "wrong-node", mutants: 1, caught: 0 },
      { mode: "no-fault", mutants: 1, caught: 1 },
    ]);
    const skipped = { ...wrong(), verdict: "skip" as const, reason: "no overlay" };
    expect(scoreOf([skipped], none)).to.deep.include({ mutants: 0, caught: 0 });
    expect(scoreOf([skipped], none).skipped).to.have.length(1);
  });
});
