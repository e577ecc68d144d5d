import type { Whereabouts } from "../model/cluster.ts";
import { mustExec, type Exec } from "../host/exec.ts";
import type { Role } from "../model/path.ts";
import type { Attempt, Observation } from "../probes/probe.ts";

/**
 * Constant: every UDP entry to port 53 of the node's conntrack table, of one IP family; the lookups are told by their
 * source ports.
 */
const LOOKUPS = (["ipv4", "ipv6"] as const).map((family) => {
  return ["conntrack", "-L", "-f", family, "-p", "udp", "--orig-port-dst", "53"] as const;
});

/**
 * Says of the lookups of these attempts which replica each met, from the node's conntrack: kube-proxy's DNAT is what
 * chooses. A lookup without an entry stays as it is. Throws ExecError when the node cannot be asked.
 */
export async function withReplicas(
  exec: Exec,
  where: Whereabouts,
  attempts: readonly Attempt[],
  observations: readonly Observation[],
): Promise<readonly Observation[]> {
  if (attempts.length === 0) return observations;
  const lists = await Promise.all(LOOKUPS.map((argv) => mustExec(exec, argv)));
  const met = replicaByPort(lists.map(({ stdout }) => stdout).join("\n"));
  return observations.map((one) => {
    const attempt = attempts.find(({ id }) => id === one.id);
    const port = attempt?.tool === "dig" ? attempt.sourcePort : undefined;
    const address = port === undefined ? undefined : met.get(port);
    if (address === undefined) return one;
    return { ...one, seen: { ...one.seen, replica: roleAt(where, address) ?? address } };
  });
}

/** `conntrack -L` (conntrack-tools 1.4): source port of each flow → address that it was translated to. Pure. */
export function replicaByPort(listing: string): ReadonlyMap<number, string> {
  const met = new Map<number, string>();
  for (const line of listing.split("\n")) {
    // Original direction first, then what the reply will look like: its source is where the packet really went.
    const [, sport, reply] = /\bsport=(\d+) dport=53 .*?\bsrc=(\S+) dst=\S+ sport=53 /.exec(line) ?? [];
    if (sport !== undefined && reply !== undefined) met.set(Number(sport), reply);
  }
  return met;
}

function roleAt(where: Whereabouts, address: string): Role | undefined {
  const found = Object.entries(where.pods).find(([, { ip, secondIp }]) => ip === address || secondIp === address);
  return found?.[0] as Role | undefined;
}
