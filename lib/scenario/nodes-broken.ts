import type { NodeRole } from "../model/nodes.ts";
import { faultsOf, type CellContext, type ScenarioSpec } from "./spec.ts";

/** Returns the nodes on which a scenario breaks something in a cell. Needs no running cluster. Pure. */
export function nodesBroken(scenario: ScenarioSpec, context: CellContext): ReadonlySet<NodeRole> {
  // The node of a fault does not depend on addresses; 192.0.2.0/24 is for documentation (RFC 5737).
  const faults = faultsOf(scenario, { ...context, address: () => "192.0.2.1" });
  return new Set(faults.flatMap(({ node, fault }) => (fault.kind === "none" ? [] : [node])));
}
