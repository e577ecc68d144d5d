import { allAddresses } from "../model/address.ts";
import type { Cluster, Whereabouts } from "../model/cluster.ts";
import { mustExec } from "../host/exec.ts";
import { nodesOf } from "../model/nodes.ts";
import type { Observation } from "../probes/probe.ts";

/** Constant. */
const NEIGHBOURS = ["ip", "-s", "neighbour", "show"] as const;
/**
 * Resolves to the nodes' neighbours that are one of the roles' addresses and are being asked for in vain, or were since
 * `sinceMs` (by performance.now()), a line each. While there is one, silence may turn into "host unreachable" (ARP
 * and neighbour discovery give up after about 3 s), also where the node that asks is not the client's. Throws ExecError
 * when a node cannot be asked.
 */
export async function unresolvedNeighbours(
  cluster: Cluster,
  where: Whereabouts,
  sinceMs: number,
): Promise<readonly string[]> {
  const lists = await Promise.all(
    nodesOf(cluster.record.containers).map(async (node) => {
      const { stdout } = await mustExec(cluster.exec(node), NEIGHBOURS);
      return unresolvedIn(stdout, where, performance.now() - sinceMs).map((line) => `${node}: ${line}`);
    }),
  );
  return lists.flat();
}

/**
 * Returns the lines of `ip -s neighbour show` (iproute2: `used A/B/C`, seconds since it was used, confirmed, updated)
 * that are about a role's address which is being asked for, or was asked for in vain within `withinMs`. Pure.
 */
export function unresolvedIn(listing: string, where: Whereabouts, withinMs: number): readonly string[] {
  const ours = new Set(allAddresses(where));
  return listing
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => ours.has(line.split(" ")[0] ?? "") && isAskedFor(line, withinMs));
}

/**
 * An entry stays for minutes after it failed, and may fail in this round for a packet of an earlier one. Each packet to
 * an unresolved neighbour sets when it was used (neigh_event_send in include/net/neighbour.h), so one that was not used
 * since the round began is no flow's of this round. The listing's seconds are cut, so none of the round seems older.
 */
function isAskedFor(line: string, withinMs: number): boolean {
  if (line.endsWith(" INCOMPLETE")) return true;
  const [, usedS, updatedS] = /\bused (\d+)\/\d+\/(\d+)[^/]* FAILED$/.exec(line) ?? [];
  return Math.max(Number(usedS ?? Infinity), Number(updatedS ?? Infinity)) * 1000 <= withinMs;
}

/** Whether a connect was given up before it had its whole time. */
export function isDecidedEarly(observations: readonly Observation[]): boolean {
  return observations.some((one) => one.early !== undefined);
}
