import type { ClusterRecord } from "../model/cluster.ts";
import { nodesBroken } from "./nodes-broken.ts";
import { nodesOf, THREE_NODES, type Size } from "../model/nodes.ts";
import { isOnThird } from "../model/path.ts";
import type { CellContext, Scenario } from "./spec.ts";

/** How many nodes a cell's cluster needs for these scenarios: three where one of them, not skipped there, names a role on node C or breaks something there; always two in the kernel lane. Pure. */
export function sizeFor(scenarios: readonly Scenario[], context: CellContext): Size {
  if (isInLane(context)) return 2;
  const mine = scenarios.filter((one) => (one.skipWhen?.(context) ?? null) === null);
  return mine.some((one) => needsThird(one, context)) ? 3 : 2;
}

/** Why a scenario is skipped where a cell's cluster is made for the run, with all the nodes that the cell can have; null where that is enough. Pure. */
export function whyTooSmallForAll(scenario: Scenario, context: CellContext): string | null {
  return isInLane(context) && needsThird(scenario, context) ? TOO_SMALL_IN_LANE : null;
}

/**
 * A reason to skip that a run in a VM of the kernel lane gave, as the run outside has to give it: there `--cluster` was our word and not the user's. Others stay as they
 * are. Pure.
 */
export function reasonOutsideLane(reason: string): string {
  return reason.endsWith(THREE_NODES) ? TOO_SMALL_IN_LANE : reason;
}

const TOO_SMALL_IN_LANE = "it needs a third node, and a cluster in the kernel lane has two (docs/kernel-lane.md)";

/** The VM is saved with its cluster, whatever is run in it later. */
function isInLane({ cell }: CellContext): boolean {
  return cell.kernel !== undefined;
}

/** Why a scenario cannot be run on a cluster, and what to do; null where it has all the nodes that the scenario names. Pure. */
export function whyTooSmall(scenario: Scenario, record: ClusterRecord): string | null {
  if (nodesOf(record.containers).includes("C") || !needsThird(scenario, record)) return null;
  return `it needs a third node, and cluster ${record.name} has two; ${THREE_NODES}`;
}

function needsThird(scenario: Scenario, context: CellContext): boolean {
  if (Object.keys(scenario.expect).some(isOnThird)) return true;
  return nodesBroken(scenario, context).has("C");
}
