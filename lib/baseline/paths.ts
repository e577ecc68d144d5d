import type { ClusterRecord } from "../model/cluster.ts";
import type { Plan } from "../engine/measure.ts";
import { isOnThird, isToBalancer, parsePath, PEERS, peersOn, type Peer } from "../model/path.ts";
import { expectationsOf, type CellContext, type Scenario } from "../scenario/spec.ts";

/** Every path within a cluster, by the nodes it has and without what is started for some scenarios only, that some suite says anything of in its cell, each once: the healthy ones of the baseline suites among them. Pure. */
export function knownPaths(
  scenarios: readonly Scenario[],
  context: CellContext & Pick<ClusterRecord, "containers">,
): readonly string[] {
  const mine = scenarios.filter((one) => (one.skipWhen?.(context) ?? null) === null);
  const paths = mine.flatMap((one) => Object.keys(expectationsOf(one, context)));
  const hasThird = context.containers.C !== undefined;
  return [...new Set(paths)].filter(
    (path) => peersOn(path).length === 0 && !isToBalancer(path) && (hasThird || !isOnThird(path)),
  );
}

/** The further clusters that some of these scenarios' paths need in a cell. Pure. */
export function peersNeeded(scenarios: readonly Scenario[], context: CellContext): readonly Peer[] {
  const mine = scenarios.filter((one) => (one.skipWhen?.(context) ?? null) === null);
  const needed = new Set(mine.flatMap((one) => Object.keys(one.expect).flatMap(peersOn)));
  return PEERS.filter((peer) => needed.has(peer));
}

/** Whether some of these scenarios' paths ask the balancer in a cell. Pure. */
export function isBalancerNeeded(scenarios: readonly Scenario[], context: CellContext): boolean {
  const mine = scenarios.filter((one) => (one.skipWhen?.(context) ?? null) === null);
  return mine.some((one) => Object.keys(one.expect).some(isToBalancer));
}

const FLOWS = 3;
/** Each lookup meets one of two replicas by chance: that all of them miss a dead one is then 1 in 4096. */
const FLOWS_TO_REPLICAS = 12;

/** How to try paths of which nobody knows what they show: each is given the time that the slowest symptom takes. Pure. */
export function watchPlan(paths: readonly string[]): Plan {
  const flows = (path: string) => (parsePath(path).to === "dns" ? FLOWS_TO_REPLICAS : FLOWS);
  return Object.fromEntries(paths.map((path) => [path, { flows: flows(path), patient: true }]));
}
