import type { Cell } from "../../lib/model/cell.ts";
import { behind, type Exec } from "../../lib/host/exec.ts";
import { isNodeReady, isReady, type Kubernetes, type Pod } from "../../lib/kubernetes/client.ts";
import { cniOf } from "../cells/cells.ts";
import { neverReady } from "./never-ready.ts";
import type { OnNodes } from "../cni/contract/cni.ts";
import { manifestFor } from "./cni-manifest.ts";
import { hasPodCidrs, installByScript } from "./cni-on-nodes.ts";

/** The cluster that gets the CNI. */
export interface CniInstallOptions {
  readonly name: string;
  readonly cell: Cell;
  readonly readyBudgetMs: number;
  readonly signal?: AbortSignal;
  /** Default: on this machine. */
  readonly exec: Exec;
}

export interface CniExtent {
  /** The number of the cluster's nodes. */
  readonly nodes: number;
  /** Its pod networks, one per family. */
  readonly podSubnets: readonly string[];
}

/**
 * Installs the cell's CNI and waits until the nodes are Ready; CoreDNS has no replica at that point. Throws
 * UndecidedError with what is still missing and the agents' last log lines.
 */
export async function installCni(
  options: CniInstallOptions,
  api: Kubernetes,
  { nodes, podSubnets }: CniExtent,
): Promise<void> {
  const { name, install } = cniOf(options.cell);
  // No replica until the CNI works: kubelet retries a sandbox that failed without it only after about 15 s.
  await api.patchDeployment("kube-system", "coredns", coreDns(0));
  if (install.by === "manifest") await api.apply(await manifestFor(install, options.cell, podSubnets));
  if (install.by === "script") await runOnNodes(options, api, install, { nodes, podSubnets });
  const signal = options.signal ? { signal: options.signal } : {};
  const agent = (ready: { readonly namespace: string; readonly selector: string }) =>
    api.untilPods({
      what: `CNI ${name}`,
      ...ready,
      budgetMs: options.readyBudgetMs,
      done: (pods) => pods.length === nodes && pods.every(isReady),
      missing: describePods,
      ...signal,
    });
  const waits = [
    ...(install.by === "script" ? [] : [agent(install.ready)]),
    api.untilNodes({
      what: "nodes to be Ready",
      budgetMs: options.readyBudgetMs,
      done: (listed) => listed.length === nodes && listed.every(isNodeReady),
      missing: (listed) =>
        listed
          .filter((node) => !isNodeReady(node))
          .map((node) => node.metadata?.name)
          .join(", "),
      ...signal,
    }),
  ];
  const pods = install.by === "script" ? { namespace: "kube-system" } : install.ready;
  await Promise.all(waits).catch((error: unknown) =>
    neverReady({ cluster: options.name, api, ...pods, ...signal, exec: options.exec }, error),
  );
}

async function runOnNodes(
  options: CniInstallOptions,
  api: Kubernetes,
  install: OnNodes,
  extent: CniExtent,
): Promise<void> {
  await api.untilNodes({
    what: "nodes to have pod CIDRs",
    budgetMs: options.readyBudgetMs,
    done: (listed) => listed.length === extent.nodes && listed.every(hasPodCidrs),
    missing: (listed) => listed.map((node) => node.metadata?.name).join(", "),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  const execIn = (container: string) => behind(["docker", "exec", container], options.exec);
  await installByScript(extent.podSubnets, install, await api.nodes(), execIn);
}

/**
 * Returns the CoreDNS patch: one replica per node, so that a lookup can meet the local or the remote one, and on these
 * nodes only: node C has no DNS role. Readiness is probed every 1 s (kubeadm: 10 s), which shortens the waits here and
 * after a scenario has recreated a replica.
 */
export function coreDns(replicas: number, nodes?: readonly string[]): object {
  const labelSelector = { matchLabels: { "k8s-app": "kube-dns" } };
  const elsewhere = [{ labelSelector, topologyKey: "kubernetes.io/hostname" }];
  const spec = {
    containers: [{ name: "coredns", readinessProbe: { periodSeconds: 1 } }],
    affinity: {
      podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: elsewhere },
      ...(nodes && { nodeAffinity: onlyOn(nodes) }),
    },
  };
  const strategy = { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } };
  return { spec: { replicas, strategy, template: { spec } } };
}

function onlyOn(nodes: readonly string[]): object {
  const expression = { key: "kubernetes.io/hostname", operator: "In", values: nodes };
  const nodeSelectorTerms = [{ matchExpressions: [expression] }];
  return { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } };
}

/** Returns a description of the pods that are not Ready. Pure. */
export function describePods(pods: readonly Pod[]): string {
  const waiting = pods
    .filter((pod) => !isReady(pod))
    .map((pod) => {
      const states = pod.status?.containerStatuses?.map(({ state }) => state?.waiting?.reason ?? "not ready") ?? [];
      return `${pod.metadata?.name} ${pod.status?.phase} ${states.join(" ")}`.trim();
    });
  return waiting.length > 0 ? waiting.join("; ") : `${pods.length} pods exist`;
}
