import { readFile } from "node:fs/promises";
import { behind, mustExec, type Exec } from "../../lib/host/exec.ts";
import type { NodeNetwork } from "../cni/contract/cni.ts";

/** One of two clusters that are to be joined. */
export interface Side {
  readonly nodes: readonly NodeNetwork[];
  /** Its pod networks, a family each. */
  readonly podSubnets: readonly string[];
}

/** What join.sh is to do on a node. */
export interface Joint {
  readonly container: string;
  readonly args: readonly string[];
}

/** What each node of two clusters needs to reach the pods of the other one. Pure. */
export function joints(first: Side, second: Side): readonly Joint[] {
  return [...jointsOf(first, second), ...jointsOf(second, first)];
}

function jointsOf(own: Side, theirs: Side): readonly Joint[] {
  // Between equal networks nothing is translated anyway, and a rule about all of it would be in the way of the cluster's own.
  const pairs = own.podSubnets.map((subnet, family) => [subnet, theirs.podSubnets[family] ?? ""] as const);
  const untranslated = pairs.filter(([ours, other]) => ours !== other).map(([ours, other]) => `${ours}=${other}`);
  const args = [untranslated.join(","), ...routesTo(theirs, own)];
  return own.nodes.map(({ container }) => ({ container, args }));
}

/**
 * A cluster of one node is reached by its whole pod network; of more nodes each by its own part. A part that a node of one's own has as well cannot lead elsewhere:
 * the kernel would refuse it on that node ("File exists").
 */
function routesTo({ nodes, podSubnets }: Side, own: Side): readonly string[] {
  const [only, ...more] = nodes;
  if (only && more.length === 0) return podSubnets.map((subnet, family) => `${subnet}=${only.addresses[family]}`);
  const taken = new Set(own.nodes.flatMap(({ podCidrs }) => podCidrs));
  const all = nodes.flatMap(({ podCidrs, addresses }) =>
    podCidrs.map((cidr, family) => ({ cidr, via: addresses[family] })),
  );
  return all.filter(({ cidr }) => !taken.has(cidr)).map(({ cidr, via }) => `${cidr}=${via}`);
}

/** Sets routes and rules on every node of both clusters; they go with the nodes. Throws ExecError with what a node said. */
export async function join(
  first: Side,
  second: Side,
  execIn: (container: string) => Exec = (container) => behind(["docker", "exec", container]),
): Promise<void> {
  const text = await readFile(new URL("join.sh", import.meta.url), "utf8");
  await Promise.all(
    joints(first, second).map(({ container, args }) =>
      mustExec(execIn(container), ["bash", "-c", text, "join", ...args]),
    ),
  );
}
