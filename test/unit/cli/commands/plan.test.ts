import { expect } from "chai";
import { scenariosOf, suiteFiles } from "../../../../cli/cell/suites.ts";
import { planOf } from "../../../../cli/commands/plan.ts";
import { DEFAULT_CELL } from "../../../../clusters/cells/cells.ts";
import { nameScripts } from "../../../../lib/faults/run/describe.ts";
import type { Scenario } from "../../../../lib/scenario/spec.ts";
import { seconds, sysctl, within } from "../../../../lib/scenario/spec.ts";
import { USUAL_SPEED } from "../../../../lib/host/time-scale.ts";

const OFF = sysctl("A", "net.ipv4.ip_forward", 0);
const SCENARIO: Scenario = {
  id: "nodes/off",
  title: "off",
  claim: "nothing is forwarded",
  documented: [],
  fault: OFF,
  expect: { "other → server by podIP": "connect-timeout" },
  recovers: within(seconds(5)),
};

describe("the plan of a cell", () => {
  it("shows a fault's steps in the field's own commands, and what its path shows", () => {
    const text = planOf(DEFAULT_CELL, [SCENARIO]);
    expect(text).to.include("      apply:     sysctl -w 'net.ipv4.ip_forward=0'\n");
    expect(text).to.include("    expect other → server by podIP: connect-timeout\n");
    expect(text).not.to.include("docker exec");
  });

  it("adds what a scenario waits for to its estimated time", () => {
    const slow = planOf(DEFAULT_CELL, [{ ...SCENARIO, appears: within(seconds(60)) }]);
    expect(planOf(DEFAULT_CELL, [SCENARIO])).to.match(/^estimated time: 3 min.*\n[^]*estimated time: 16 s; recovers/m);
    expect(slow).to.match(/^estimated time: 4 min.*\n[^]*estimated time: 76 s; recovers within 5 s\n/m);
  });

  it("shows the exact commands, which refer to scripts by name, where the scripts have names", () => {
    const scripts = { names: nameScripts([{ nodeFault: OFF }]), timeScale: USUAL_SPEED };
    const text = planOf(DEFAULT_CELL, [SCENARIO], scripts);
    expect(text).to.match(/^ {6}undo runs: docker exec .*"\$UNDO_ALL".*"\$SYSCTL_UNDO" "\$SYSCTL_VERIFY"/m);
  });

  it("of all suites has no line that is longer than two lines of a terminal", async () => {
    const lines = planOf(DEFAULT_CELL, await scenariosOf(suiteFiles())).split("\n");
    expect(lines.filter((line) => line.length > 180)).to.deep.equal([]);
  });
});
