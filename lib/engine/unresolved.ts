import type { Cluster, Whereabouts } from "../cluster.ts";
import { mustExec } from "../exec.ts";
import type { Observation } from "../probes/probe.ts";

/** Constant. */
const NEIGHBOURS = ["ip", "neighbour", "show"] as const;

/**
 * The neighbours of nodes A and B that are being asked for in vain and are one of the roles' addresses, a line each. While there is one, silence may turn into "host
 * unreachable" (ARP gives up after about 3 s), also where the node that asks is not the client's. Throws ExecError when a node cannot be asked.
 */
export async function unresolvedNeighbours(cluster: Cluster, where: Whereabouts): Promise<readonly string[]> {
  const lists = await Promise.all(
    (["A", "B"] as const).map(async (node) => {
      const { stdout } = await mustExec(cluster.exec(node), NEIGHBOURS);
      return unresolvedIn(stdout, where).map((line) => `${node}: ${line}`);
    }),
  );
  return lists.flat();
}

/** Of `ip neighbour show` (iproute2): those that are ours and have no hardware address. Pure. */
export function unresolvedIn(listing: string, { cluster, pods }: Whereabouts): readonly string[] {
  const ours = new Set([...Object.values(pods).map(({ ip }) => ip), ...Object.values(cluster.nodeIps)]);
  return listing
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => /\b(INCOMPLETE|FAILED)$/.test(line) && ours.has(line.split(" ")[0] ?? ""));
}

/** Whether a connect was given up before it had its whole time. */
export function isDecidedEarly(observations: readonly Observation[]): boolean {
  return observations.some((one) => one.early !== undefined);
}
