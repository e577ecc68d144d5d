import type { ClusterRecord } from "./cluster.ts";
import { nodesOf, THREE_NODES, type Size } from "./nodes.ts";
import { isOnThird } from "./path.ts";
import { faultsOf, type CellContext, type Scenario } from "./scenario.ts";

/** How many nodes a cell's cluster needs for these scenarios: three where one of them, not skipped there, names a role on node C or breaks something there. Pure. */
export function sizeFor(scenarios: readonly Scenario[], context: CellContext): Size {
  const mine = scenarios.filter((one) => (one.skipWhen?.(context) ?? null) === null);
  return mine.some((one) => needsThird(one, context)) ? 3 : 2;
}

/** Why a scenario cannot be run on a cluster, and what to do; null where it has all the nodes that the scenario names. Pure. */
export function whyTooSmall(scenario: Scenario, record: ClusterRecord): string | null {
  if (nodesOf(record.containers).includes("C") || !needsThird(scenario, record)) return null;
  return `it needs a third node, and cluster ${record.name} has two; ${THREE_NODES}`;
}

function needsThird(scenario: Scenario, context: CellContext): boolean {
  if (Object.keys(scenario.expect).some(isOnThird)) return true;
  // On which node a fault is does not depend on addresses; 192.0.2.0/24 is for documentation (RFC 5737).
  return faultsOf(scenario, { ...context, address: () => "192.0.2.1" }).some(({ node }) => node === "C");
}
