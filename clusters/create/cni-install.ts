import type { Cell } from "../../lib/model/cell.ts";
import { isNodeReady, isReady, type Kubernetes, type Pod } from "../../lib/kubernetes/client.ts";
import { cniOf } from "../cells/cells.ts";
import { neverReady } from "./never-ready.ts";
import type { OnNodes } from "../cni/contract/cni.ts";
import { manifestFor } from "./cni-manifest.ts";
import { hasPodCidrs, installByScript } from "./cni-on-nodes.ts";

/** The cluster that is to have the CNI. */
export interface CniOrder {
  readonly name: string;
  readonly cell: Cell;
  readonly readyBudgetMs: number;
  readonly signal?: AbortSignal;
}

export interface Extent {
  /** How many nodes the cluster has. */
  readonly nodes: number;
  /** Its pod networks, a family each. */
  readonly podSubnets: readonly string[];
}

/** Installs the cell's CNI and waits until the nodes are Ready; CoreDNS has no replica then. Throws UndecidedError with what is still missing and what the agents said last. */
export async function installCni(order: CniOrder, api: Kubernetes, { nodes, podSubnets }: Extent): Promise<void> {
  const { name, install } = cniOf(order.cell);
  // None until the CNI is there: a sandbox that fails for want of it is not tried again for about 15 s.
  await api.patchDeployment("kube-system", "coredns", coreDns(0));
  if (install.by === "manifest") await api.apply(await manifestFor(install, order.cell, podSubnets));
  if (install.by === "script") await runOnNodes(order, api, install, { nodes, podSubnets });
  const signal = order.signal ? { signal: order.signal } : {};
  const agent = (ready: { readonly namespace: string; readonly selector: string }) =>
    api.untilPods({
      what: `CNI ${name}`,
      ...ready,
      budgetMs: order.readyBudgetMs,
      done: (pods) => pods.length === nodes && pods.every(isReady),
      missing: describePods,
      ...signal,
    });
  const waits = [
    ...(install.by === "script" ? [] : [agent(install.ready)]),
    api.untilNodes({
      what: "nodes to be Ready",
      budgetMs: order.readyBudgetMs,
      done: (found) => found.length === nodes && found.every(isNodeReady),
      missing: (found) =>
        found
          .filter((node) => !isNodeReady(node))
          .map((node) => node.metadata?.name)
          .join(", "),
      ...signal,
    }),
  ];
  const pods = install.by === "script" ? { namespace: "kube-system" } : install.ready;
  await Promise.all(waits).catch((error: unknown) =>
    neverReady({ cluster: order.name, api, ...pods, ...signal }, error),
  );
}

async function runOnNodes(order: CniOrder, api: Kubernetes, install: OnNodes, extent: Extent): Promise<void> {
  await api.untilNodes({
    what: "nodes to have pod CIDRs",
    budgetMs: order.readyBudgetMs,
    done: (found) => found.length === extent.nodes && found.every(hasPodCidrs),
    missing: (found) => found.map((node) => node.metadata?.name).join(", "),
    ...(order.signal ? { signal: order.signal } : {}),
  });
  await installByScript(extent.podSubnets, install, await api.nodes());
}

/**
 * One replica a node, so that a lookup can meet the one on its own node and the one on the other, on these nodes only: of a third one there is no role for it. Asked every second whether it is ready, not every
 * ten as kubeadm has it: that only shortens the waiting, here and when a scenario has made it anew.
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

/** What is not Ready, in words. Pure. */
export function describePods(pods: readonly Pod[]): string {
  const waiting = pods
    .filter((pod) => !isReady(pod))
    .map((pod) => {
      const states = pod.status?.containerStatuses?.map((one) => one.state?.waiting?.reason ?? "not ready") ?? [];
      return `${pod.metadata?.name} ${pod.status?.phase} ${states.join(" ")}`.trim();
    });
  return waiting.length > 0 ? waiting.join("; ") : `${pods.length} pods are there`;
}
