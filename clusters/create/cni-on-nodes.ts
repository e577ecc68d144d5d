import { readFile } from "node:fs/promises";
import { UndecidedError } from "../../lib/host/errors.ts";
import { mustExec, type Exec } from "../../lib/host/exec.ts";
import type { KubeNode } from "../../lib/kubernetes/client.ts";
import type { NodeNetwork, OnNodes } from "../cni/contract/cni.ts";

/**
 * Runs the CNI's script on each node. Throws UndecidedError for a node without addresses, ExecError when the script
 * fails.
 */
export async function installByScript(
  podSubnets: readonly string[],
  { script, args }: OnNodes,
  nodes: readonly KubeNode[],
  execIn: (container: string) => Exec,
): Promise<void> {
  // A constant: pods and nodes are passed as arguments.
  const text = await readFile(new URL(`../cni/${script}`, import.meta.url), "utf8");
  const networks = nodes.map(networkOf);
  await Promise.all(
    networks.map(async (node) => {
      const others = networks.filter((other) => other !== node);
      await mustExec(execIn(node.container), ["bash", "-c", text, "install", ...args(podSubnets, node, others)]);
    }),
  );
}

/** Returns true when the node has its pod CIDR, which the controller assigns some time after the node registers. */
export function hasPodCidrs({ spec }: KubeNode): boolean {
  return (spec?.podCIDRs ?? []).length > 0;
}

/**
 * Returns a node's container, pod CIDRs and addresses. On kind, a node and its container have the same name. Throws
 * UndecidedError while a CIDR or an address is missing.
 */
export function networkOf({ metadata, spec, status }: KubeNode): NodeNetwork {
  const container = metadata?.name ?? "";
  const podCidrs = spec?.podCIDRs ?? [];
  const addresses = (status?.addresses ?? []).filter(({ type }) => type === "InternalIP").map(({ address }) => address);
  if (podCidrs.length > 0 && addresses.length >= podCidrs.length) return { container, podCidrs, addresses };
  throw new UndecidedError(
    `node ${container} has ${podCidrs.length} pod CIDRs and ${addresses.length} addresses`,
    "run again",
  );
}
