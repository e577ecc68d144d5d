import type { ClusterRecord } from "../model/cluster.ts";
import type { Plan } from "../engine/measure.ts";
import { isOnThird, isToBalancer, parsePath, PEERS, peersOn, type Peer } from "../model/path.ts";
import { expectationsOf, skipInCell, type CellContext, type Scenario } from "../scenario/spec.ts";

/**
 * Returns the distinct paths that suites mention for this cell, without those that need a peer, the balancer or a
 * missing node. They include the healthy paths of the baseline suites. Pure.
 */
export function knownPaths(
  scenarios: readonly Scenario[],
  context: CellContext & Pick<ClusterRecord, "containers">,
): readonly string[] {
  const mine = scenarios.filter((scenario) => skipInCell(scenario, context) === null);
  const paths = mine.flatMap((scenario) => Object.keys(expectationsOf(scenario, context)));
  const hasThird = context.containers.C !== undefined;
  return [...new Set(paths)].filter(
    (path) => peersOn(path).length === 0 && !isToBalancer(path) && (hasThird || !isOnThird(path)),
  );
}

/** Returns the further clusters that these scenarios need in a cell. Pure. */
export function peersNeeded(scenarios: readonly Scenario[], context: CellContext): readonly Peer[] {
  const mine = scenarios.filter((scenario) => skipInCell(scenario, context) === null);
  const needed = new Set(mine.flatMap(({ needs }) => needs?.peers ?? []));
  return PEERS.filter((peer) => needed.has(peer));
}

/** Returns true if one of these scenarios' paths ends at the balancer in a cell. Pure. */
export function isBalancerNeeded(scenarios: readonly Scenario[], context: CellContext): boolean {
  const mine = scenarios.filter((scenario) => skipInCell(scenario, context) === null);
  return mine.some(({ expect }) => Object.keys(expect).some(isToBalancer));
}

const FLOWS = 3;
/** Each lookup meets one of two replicas at random: all twelve miss a dead one with a chance of 1 in 4096. */
const FLOWS_TO_REPLICAS = 12;

/** Returns a plan for paths without an expectation: each gets the time of the slowest symptom. Pure. */
export function watchPlan(paths: readonly string[]): Plan {
  const flows = (path: string) => (parsePath(path).to === "dns" ? FLOWS_TO_REPLICAS : FLOWS);
  return Object.fromEntries(paths.map((path) => [path, { flows: flows(path), patient: true }]));
}
