import { allAddresses } from "../model/address.ts";
import type { Cluster, Whereabouts } from "../model/cluster.ts";
import { mustExec } from "../host/exec.ts";
import { nodesOf } from "../model/nodes.ts";
import type { Observation } from "../probes/probe.ts";

/** Constant. */
const NEIGHBOURS = ["ip", "-s", "neighbour", "show"] as const;
/** An entry stays for minutes after it failed; what failed longer ago than a round takes is an earlier round's. */
const RECENT_S = 5;

/**
 * The neighbours of the nodes that are being asked for in vain and are one of the roles' addresses, a line each. While there is one, silence may turn into "host
 * unreachable" (ARP and neighbour discovery give up after about 3 s), also where the node that asks is not the client's. Throws ExecError when a node cannot be asked.
 */
export async function unresolvedNeighbours(cluster: Cluster, where: Whereabouts): Promise<readonly string[]> {
  const lists = await Promise.all(
    nodesOf(cluster.record.containers).map(async (node) => {
      const { stdout } = await mustExec(cluster.exec(node), NEIGHBOURS);
      return unresolvedIn(stdout, where).map((line) => `${node}: ${line}`);
    }),
  );
  return lists.flat();
}

/**
 * Of `ip -s neighbour show` (iproute2: `used A/B/C`, seconds since it was used, confirmed, updated): those that are ours and are being asked for, or were in vain just now. Pure.
 */
export function unresolvedIn(listing: string, where: Whereabouts): readonly string[] {
  const ours = new Set(allAddresses(where));
  return listing
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => ours.has(line.split(" ")[0] ?? "") && isAskedFor(line));
}

function isAskedFor(line: string): boolean {
  if (line.endsWith(" INCOMPLETE")) return true;
  const updatedS = Number(/\bused \d+\/\d+\/(\d+)[^/]* FAILED$/.exec(line)?.[1] ?? Infinity);
  return updatedS <= RECENT_S;
}

/** Whether a connect was given up before it had its whole time. */
export function isDecidedEarly(observations: readonly Observation[]): boolean {
  return observations.some((one) => one.early !== undefined);
}
