import { readFile } from "node:fs/promises";
import { UndecidedError } from "../../lib/host/errors.ts";
import { behind, mustExec, type Exec } from "../../lib/host/exec.ts";
import type { KubeNode } from "../../lib/kubernetes/client.ts";
import type { NodeNetwork, OnNodes } from "../cni/contract/cni.ts";

/** Runs the CNI's script on each node. Throws UndecidedError for a node without addresses, ExecError when the script fails. */
export async function installByScript(
  podSubnets: readonly string[],
  { script, args }: OnNodes,
  nodes: readonly KubeNode[],
  execIn: (container: string) => Exec = (container) => behind(["docker", "exec", container]),
): Promise<void> {
  // A constant: pods and nodes are named by its arguments, nothing is put into it.
  const text = await readFile(new URL(`../cni/${script}`, import.meta.url), "utf8");
  const networks = nodes.map(networkOf);
  await Promise.all(
    networks.map(async (node) => {
      const others = networks.filter((other) => other !== node);
      await mustExec(execIn(node.container), ["bash", "-c", text, "install", ...args(podSubnets, node, others)]);
    }),
  );
}

/** Whether the controller has given the node its pods' addresses, which it does some time after the node came. */
export function hasPodCidrs({ spec }: KubeNode): boolean {
  return (spec?.podCIDRs ?? []).length > 0;
}

/** On kind, a node is called as its container is. Throws UndecidedError while it has no pod CIDR or address. */
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
