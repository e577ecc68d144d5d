import type { NodeRole } from "../model/nodes.ts";
import { faultsOf, type CellContext, type ScenarioSpec } from "./spec.ts";

/** The nodes that a scenario breaks something on in a cell; none where it breaks nothing. Asked before there is a cluster with addresses. Pure. */
export function nodesBroken(scenario: ScenarioSpec, context: CellContext): ReadonlySet<NodeRole> {
  // On which node a fault is does not depend on addresses; 192.0.2.0/24 is for documentation (RFC 5737).
  const faults = faultsOf(scenario, { ...context, address: () => "192.0.2.1" });
  return new Set(faults.flatMap(({ node, fault }) => (fault.kind === "none" ? [] : [node])));
}
