import { readFileSync } from "node:fs";
import { expect } from "chai";
import { kindOf, type Fault } from "../../../../lib/faults/registry.ts";
import { OUR_MAC } from "../../../../lib/faults/kinds/link/steps.ts";
import {
  describeApply,
  describeScripts,
  describeSteps,
  describeUndo,
  nameScripts,
} from "../../../../lib/faults/run/describe.ts";
import { PLANS } from "../../../fixtures/faults/fuzz-plans.ts";
import { USUAL_SPEED } from "../../../../lib/host/time-scale.ts";

const EXAMPLES: readonly Fault[] = Object.values(PLANS).flatMap(({ around }): readonly Fault[] => around);
const CHANGING = EXAMPLES.filter(({ kind }) => kind !== "none");

/** Every text and number of a fault but its kind. A link's state becomes commands, and a family the name of a tool. */
function dataOf(fault: Fault): readonly string[] {
  const values = (value: unknown): readonly string[] =>
    typeof value === "object" && value !== null
      ? Object.entries(value).flatMap(([key, one]) => [...(Array.isArray(value) ? [] : [key]), ...values(one)])
      : [String(value)];
  return Object.entries(fault)
    .filter(([name]) => !["kind", "state", "family"].includes(name))
    .flatMap(([, value]) => values(value));
}

const linesOf = (fault: Fault) => describeSteps({ nodeFault: { node: "A", fault } }).flatMap(({ lines }) => lines);

describe("the steps of a fault for people", () => {
  it("are lines of at most 160 characters without a newline, uncut", () => {
    for (const fault of EXAMPLES) {
      const { apply, readBack, undo, verify } = kindOf(fault).steps(fault, null, "a1b2c3d4e5f6a7b8c9d0");
      for (const line of [...apply, ...readBack, ...undo, ...verify]) {
        expect(line.length, line).to.be.within(1, 160);
        expect(line).not.to.match(/\p{Cc}/u);
      }
    }
  });

  it("name each value of the fault, and are others for another fault", () => {
    for (const fault of EXAMPLES) {
      // Quotes of a rule are escaped in it.
      const lines = linesOf(fault).join("\n").replaceAll("\\", "");
      for (const value of dataOf(fault)) expect(lines, fault.kind).to.include(value);
    }
    const all = CHANGING.map((fault) => linesOf(fault).join("\n"));
    expect(new Set(all)).to.have.property("size", CHANGING.length);
  });

  it("exist for each of the four steps of a kind that changes something, and for no step of none", () => {
    for (const fault of CHANGING) {
      const steps = describeSteps({ nodeFault: { node: "A", fault } }).map(({ step }) => step);
      expect(steps, fault.kind).to.deep.equal(["apply", "read back", "undo", "verify"]);
    }
    expect(linesOf({ kind: "none" })).to.deep.equal([]);
  });

  it("count what goes back with a link once that was read, and put back a value that was read", () => {
    const undo = (fault: Fault, prior: readonly string[] | { value: string; alongside: readonly string[] }) =>
      describeSteps({ nodeFault: { node: "A", fault }, prior, id: "abc1" }).find(({ step }) => step === "undo")?.lines;
    const prior = [
      "neighbour 10.0.0.1 lladdr 02:00:00:00:00:01",
      "route4 10.1.0.0/24 dev x",
      "route4 10.2.0.0/24 dev x",
    ];
    expect(undo({ kind: "link", device: "x", state: "down" }, prior)).to.deep.equal([
      "ip link set dev x up",
      "put back 2 routes, 1 neighbour",
      'ip link set dev x alias ""',
    ]);
    const sysctl = undo({ kind: "sysctl", key: "net.a", value: "0" }, { value: "7", alongside: [] });
    expect(sysctl).to.deep.equal(["sysctl -w 'net.a=7'  # only while it is 0"]);
  });

  it("count a prior state of another kind as not read", () => {
    const fault = { kind: "sysctl", key: "net.a", value: "0" } as const;
    expect(describeSteps({ nodeFault: { node: "A", fault }, prior: ["x"] })).to.deep.equal(
      describeSteps({ nodeFault: { node: "A", fault } }),
    );
  });

  it("name the MAC address that the script writes", () => {
    const common = new URL("../../../../lib/faults/kinds/link/common.sh", import.meta.url);
    expect(readFileSync(common, "utf8")).to.include(`our_mac=${OUR_MAC}\n`);
  });
});

describe("the exact scripts of faults", () => {
  const described = EXAMPLES.map((fault) => ({ nodeFault: { node: "A", fault } }) as const);
  const names = nameScripts(described);
  const scripts = [...names.keys()];

  it("have a name each, a word that bash takes as a variable", () => {
    expect(new Set(names.values())).to.have.property("size", names.size);
    for (const name of names.values()) expect(name).to.match(/^[A-Z][A-Z0-9_]*$/);
    expect([...names.values()]).to.include.members(["UNDO_ALL", "SYSCTL_APPLY", "LINK_APPLY", "LINK_APPLY_2"]);
  });

  it("are printed as they stand in their files, and end with a newline", () => {
    const printed = describeScripts(names).join("\n");
    for (const script of scripts) expect(printed).to.include(`\n${script}END_OF_SCRIPT`);
    for (const script of scripts) expect(script).to.match(/\n$/).and.not.include("END_OF_SCRIPT");
  });

  it("are in no command themselves: commands refer to them by name", () => {
    const commands = described.flatMap((one) => [
      ...describeApply(one, names, USUAL_SPEED),
      ...describeUndo(one, names, USUAL_SPEED),
    ]);
    expect(commands).to.have.length.above(CHANGING.length);
    for (const command of commands) expect(command).not.to.include("set -eu");
    expect(commands.join("\n")).to.include('"$SYSCTL_UNDO"');
  });
});
