import { readFileSync } from "node:fs";
import type { Cluster, Whereabouts } from "../../lib/model/cluster.ts";
import { UndecidedError } from "../../lib/host/errors.ts";
import { mustExec } from "../../lib/host/exec.ts";
import { nodesOf, type NodeName } from "../../lib/model/nodes.ts";
import type { Role } from "../../lib/model/path.ts";
import { deviations } from "./deviations.ts";
import { nodeFacts } from "./node-facts.ts";

/** Constant: arguments carry all values. */
export const NODE_FACTS = readFileSync(new URL("node-facts.sh", import.meta.url), "utf8");

/**
 * The pods to inspect on each node, and the one that called the Service while the cluster was proven healthy
 * (clusters/create/ready.ts).
 */
const PODS = {
  A: ["server", "same", "dnsA"],
  B: ["other", "dnsB"],
  C: ["third"],
} as const satisfies Record<NodeName, readonly Role[]>;
const CLIENTS = { A: "same", B: "other", C: "third" } as const;

/**
 * Compares the live nodes with the traits that the CNI's folder declares, and returns a summary. Call it right after
 * the cluster was proven healthy: the kernel must still track those connections. Throws UndecidedError with each trait
 * that does not hold and the value found, since expectations keyed by it would be wrong.
 */
export async function checkTraits(cluster: Cluster): Promise<string> {
  const where = await cluster.locate();
  const nodes = nodesOf(cluster.record.containers);
  const perNode = await Promise.all(nodes.map((node) => onNode(cluster, where, node)));
  const all = perNode.flat();
  if (all.length === 0) return `the CNI's traits hold on ${nodes.length} nodes`;
  const { cni } = cluster.record.cell;
  throw new UndecidedError(
    `the declared traits of ${cni} do not hold: ${all.join("; ")}`,
    "every claim is keyed by these traits: correct the CNI's folder under clusters/cni, " +
      "or look at the cluster with --keep failure",
  );
}

async function onNode(cluster: Cluster, where: Whereabouts, node: NodeName): Promise<readonly string[]> {
  const { serviceIps, traits } = cluster.record;
  const pids = PODS[node].flatMap((role) => where.pods[role]?.pid ?? []);
  const argv = ["sh", "-c", NODE_FACTS, "node-facts", serviceIps.server, ...pids.map(String)];
  const { stdout } = await mustExec(cluster.exec(node), argv, { timeoutMs: 30_000 });
  const client = where.pods[CLIENTS[node]]?.ip;
  const probed = { clients: client === undefined ? [] : [client], serviceIp: serviceIps.server };
  return deviations(traits, nodeFacts(stdout), probed).map(
    ({ trait, expected, found }) => `${trait} on ${node}: expected ${expected}, found ${found}`,
  );
}
