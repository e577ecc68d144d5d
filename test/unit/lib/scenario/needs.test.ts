import { expect } from "chai";
import { chosenSuites, suiteFiles } from "../../../../cli/cell/suites.ts";
import { DEFAULT_CELL, traitsOf } from "../../../../clusters/cells/cells.ts";
import { UsageError } from "../../../../lib/host/errors.ts";
import { suiteId } from "../../../../lib/mocha/scenario.ts";
import { isOnRequest, type Needs } from "../../../../lib/scenario/needs.ts";
import { checkScenario, linkDown, noFault, skipInCell, type Scenario } from "../../../../lib/scenario/spec.ts";

function scenarioOf(path: string, needs?: Needs, more: Partial<Scenario> = {}): Scenario {
  const words = { id: "a/b", title: "t", claim: "c", documented: [] };
  const rest = { fault: noFault, expect: { [path]: "ok" }, recovers: { withinMs: 1 }, ...more } as const;
  return needs === undefined ? { ...words, ...rest } : { ...words, ...rest, needs };
}

describe("what a suite needs", () => {
  const hidden: readonly (readonly [string, Scenario, RegExp])[] = [
    ["a role on node C", scenarioOf("third → server by podIP"), /names node C; add needs: \{ nodes: 3 \}/],
    ["a fault on node C", scenarioOf("same → server by podIP", {}, { fault: linkDown("C", "x") }), /names node C/],
    [
      "one fault of several on node C",
      scenarioOf("same → server by podIP", {}, { fault: [linkDown("A", "x"), linkDown("C", "x")] }),
      /names node C/,
    ],
    ["a peer", scenarioOf("same → twin by podIP"), /add needs: \{ peers: \["twin"\] \}/],
    ["another peer than it says", scenarioOf("same → twin by podIP", { peers: ["peer"] }), /no path has its peer peer/],
    ["no such peer", scenarioOf("same → server by podIP", { peers: ["twin"] }), /no path has its peer twin/],
  ];
  for (const [what, scenario, message] of hidden) {
    it(`is refused where the suite has ${what} and its needs do not agree`, () => {
      expect(() => checkScenario(scenario)).to.throw(UsageError, message);
    });
  }

  it("is accepted where the suite says it", () => {
    checkScenario(scenarioOf("third → server by podIP", { nodes: 3 }));
    checkScenario(scenarioOf("same → twin by podIP", { peers: ["twin"] }));
    checkScenario(scenarioOf("same → server by podIP", {}, { fault: () => linkDown("C", "x") }));
  });

  it("skips the suite in a cell without that IP family, whatever its skipWhen says", () => {
    const context = { cell: DEFAULT_CELL, traits: traitsOf(DEFAULT_CELL) };
    const skip = { code: "cell", reason: "the cell has no IPv6" };
    const more = { skipWhen: () => "another reason" };
    expect(
      skipInCell(scenarioOf("same → server by podIP", { families: ["IPv4", "IPv6"] }, more), context),
    ).to.deep.equal(skip);
    expect(skipInCell(scenarioOf("same → server by podIP", { families: ["IPv4"] }), context)).to.equal(null);
    const dual = { ...context, cell: { ...DEFAULT_CELL, ipFamily: "dual" as const } };
    expect(skipInCell(scenarioOf("same → server by podIP", { families: ["IPv4", "IPv6"] }), dual)).to.equal(null);
  });

  it("leaves a suite to a filter that names it only if it costs a further node or cluster", () => {
    const needs: readonly Needs[] = [{ nodes: 3 }, { peers: ["peer"] }, { families: ["IPv6"] }, { peers: [] }, {}];
    expect(needs.map((one) => isOnRequest({ needs: one }))).to.deep.equal([true, true, false, false, false]);
    expect(isOnRequest({})).to.equal(false);
  });

  it("decides which suites run without a filter", async () => {
    const chosen = (await chosenSuites([])).map(suiteId);
    const left = suiteFiles()
      .map(suiteId)
      .filter((id) => !chosen.includes(id));
    expect(left).to.deep.equal(["multicluster/cidr-overlap", "multicluster/joined", "three-nodes/one-node-cut-off"]);
    expect((await chosenSuites(["three-nodes"])).map(suiteId)).to.deep.equal(["three-nodes/one-node-cut-off"]);
  });
});
