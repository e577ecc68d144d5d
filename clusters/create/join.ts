import { readFile } from "node:fs/promises";
import { mustExec, type Exec } from "../../lib/host/exec.ts";
import type { NodeNetwork } from "../cni/contract/cni.ts";

/** One of two clusters to be joined. */
export interface JoinedCluster {
  readonly nodes: readonly NodeNetwork[];
  /** Its pod networks, one per family. */
  readonly podSubnets: readonly string[];
}

/** The call of join.sh on a node. */
export interface NodeJoin {
  readonly container: string;
  readonly args: readonly string[];
}

/** Returns the calls that let each node of two clusters reach the other cluster's pods. Pure. */
export function nodeJoins(first: JoinedCluster, second: JoinedCluster): readonly NodeJoin[] {
  return [...nodeJoinsOf(first, second), ...nodeJoinsOf(second, first)];
}

function nodeJoinsOf(own: JoinedCluster, theirs: JoinedCluster): readonly NodeJoin[] {
  // Equal networks need no exception: nothing is translated between them, and a rule for the whole range would precede
  // the cluster's own rules.
  const pairs = own.podSubnets.map((subnet, family) => [subnet, theirs.podSubnets[family] ?? ""] as const);
  const untranslated = pairs.filter(([ours, other]) => ours !== other).map(([ours, other]) => `${ours}=${other}`);
  const args = [untranslated.join(","), ...routesTo(theirs, own)];
  return own.nodes.map(({ container }) => ({ container, args }));
}

/**
 * Returns the routes to a cluster's pods. A cluster of one node is reached by its whole pod network, a larger one node
 * by node. A range that one of our nodes also has is left out: that node's kernel would refuse the route ("File
 * exists").
 */
function routesTo({ nodes, podSubnets }: JoinedCluster, own: JoinedCluster): readonly string[] {
  const [only, ...more] = nodes;
  if (only && more.length === 0) return podSubnets.map((subnet, family) => `${subnet}=${only.addresses[family]}`);
  const taken = new Set(own.nodes.flatMap(({ podCidrs }) => podCidrs));
  const all = nodes.flatMap(({ podCidrs, addresses }) =>
    podCidrs.map((cidr, family) => ({ cidr, via: addresses[family] })),
  );
  return all.filter(({ cidr }) => !taken.has(cidr)).map(({ cidr, via }) => `${cidr}=${via}`);
}

/**
 * Sets routes and rules on every node of both clusters; they go with the nodes. Throws ExecError with a node's output.
 */
export async function join(
  first: JoinedCluster,
  second: JoinedCluster,
  execIn: (container: string) => Exec,
): Promise<void> {
  const text = await readFile(new URL("join.sh", import.meta.url), "utf8");
  await Promise.all(
    nodeJoins(first, second).map(({ container, args }) =>
      mustExec(execIn(container), ["bash", "-c", text, "join", ...args]),
    ),
  );
}
