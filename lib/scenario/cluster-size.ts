import type { ClusterRecord } from "../model/cluster.ts";
import { nodesOf, THREE_NODES, type Size } from "../model/nodes.ts";
import type { Skip } from "../model/skip.ts";
import { skipInCell, type CellContext, type Scenario } from "./spec.ts";

/**
 * Returns how many nodes a cell's cluster needs for these scenarios: three if one that is not skipped needs them, else
 * two. In the kernel lane always two: the VM is saved with its cluster. Pure.
 */
export function sizeFor(scenarios: readonly Scenario[], context: CellContext): Size {
  if (isInLane(context)) return 2;
  const needThird = scenarios.some((scenario) => skipInCell(scenario, context) === null && needsThird(scenario));
  return needThird ? 3 : 2;
}

/** Returns the skip of a scenario that needs more nodes than any cluster of its cell can have, or null. Pure. */
export function skipIfCellTooSmall(scenario: Scenario, context: CellContext): Skip | null {
  return isInLane(context) && needsThird(scenario) ? TOO_SMALL_IN_LANE : null;
}

/**
 * Returns a skip from a run inside a kernel-lane VM as the run outside reports it. Inside, Faultline chose the
 * cluster, so advice about `--cluster` would mislead the user; other skips stay as they are. Pure.
 */
export function skipOutsideLane<S extends Partial<Skip>>(skip: S): S | Skip {
  return skip.code === "two-node-cluster" ? TOO_SMALL_IN_LANE : skip;
}

const TOO_SMALL_IN_LANE: Skip = {
  code: "two-node-lane",
  reason: "it needs a third node, and a cluster in the kernel lane has two (docs/kernel-lane.md)",
};

function isInLane({ cell }: CellContext): boolean {
  return cell.kernel !== undefined;
}

/** Returns the skip of a scenario that needs a node this cluster lacks, or null. Pure. */
export function skipIfTooSmall(scenario: Scenario, record: ClusterRecord): Skip | null {
  if (nodesOf(record.containers).includes("C") || !needsThird(scenario)) return null;
  return {
    code: "two-node-cluster",
    reason: `it needs a third node, and cluster ${record.name} has two; ${THREE_NODES}`,
  };
}

function needsThird({ needs }: Scenario): boolean {
  return needs?.nodes === 3;
}
