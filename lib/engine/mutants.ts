import type { Mode } from "../model/mode.ts";
import type { Expectation } from "../model/expectation.ts";
import type { NodeFault } from "../faults/registry.ts";
import { nodesBroken } from "../scenario/nodes-broken.ts";
import { healingOf, noFault, type CellContext, type ScenarioSpec } from "../scenario/spec.ts";

/** The modes that put a suite to the test: in each of them a scenario must come out as not-pass. */
export const MUTANTS = ["no-fault", "wrong-node", "swapped"] as const satisfies readonly Mode[];

/** What is really broken in a mode, of the faults that a scenario names. Pure. */
export function faultsIn(mode: Mode, faults: readonly NodeFault[]): readonly NodeFault[] {
  if (mode === "no-fault") return [noFault];
  return mode === "wrong-node" ? faults.map(onOtherNode) : faults;
}

/** Why a scenario has no such mutant in a cell; null where it has one. Pure. */
export function whyNoMutant(
  mode: Mode,
  scenario: ScenarioSpec,
  claimed: Readonly<Record<string, Expectation>>,
  context: CellContext,
): string | null {
  if (mode !== "no-fault" && mode !== "wrong-node") return null;
  const allOk = Object.values(claimed).every((one) => one.symptoms.every((symptom) => symptom === "ok"));
  // Where an agent is claimed to undo the fault, that claim cannot hold without a fault.
  if (allOk && healingOf(scenario, context) === null)
    return `it claims that nothing breaks, so it is the same ${WITH[mode]}`;
  const nodes = nodesBroken(scenario, context);
  if (nodes.size === 0) return `it breaks nothing, so it is the same ${WITH[mode]}`;
  if (mode === "no-fault") return null;
  if (nodes.has("control-plane")) return "its fault is put in through the control plane: it is on no node";
  if (nodes.size > 1) return "its faults are on more than one node: there is no other";
  return scenario.notOnOtherNode?.(context) ?? null;
}

const WITH = { "no-fault": "without its fault", "wrong-node": "with its fault on the other node" } as const;

function onOtherNode({ node, fault }: NodeFault): NodeFault {
  const other = { A: "B", B: "A", C: "A", "control-plane": "control-plane" } as const;
  return { node: other[node], fault };
}
