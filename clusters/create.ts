import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { cellId, familiesOf, type Cell } from "../lib/cell.ts";
import type { ClusterRecord } from "../lib/cluster.ts";
import { UndecidedError } from "../lib/errors.ts";
import type { Emit } from "../lib/event-log.ts";
import type { Stage } from "../lib/event.ts";
import { behind, hostExec, mustExec } from "../lib/exec.ts";
import { isNodeReady, isReady, kubernetes, type Kubernetes, type Pod } from "../lib/kubernetes.ts";
import { addressesOf } from "./addresses.ts";
import { cniOf, traitsOf } from "./cells.ts";
import type { OnNodes } from "./cni/cni.ts";
import { hasPodCidrs, installByScript } from "./cni/on-nodes.ts";
import { manifestFor } from "./cni/manifest.ts";
import { ECHO_IMAGE } from "./image/images.ts";
import type { NodeImage } from "./image/node-image.ts";
import { kindConfig } from "./kind-config.ts";
import { createByKind } from "./kind-create.ts";
import type { Leases } from "./lease.ts";
import { LABELS } from "./closing-rule.ts";
import { createClosedNetwork } from "./network.ts";
import { dnsServiceFamilies, NAMESPACE, roleObjects } from "./roles/objects.ts";
import { mustHaveRoom, whetherReached } from "./setup/inotify.ts";

export interface ClusterOrder {
  readonly name: string;
  readonly cell: Cell;
  readonly image: NodeImage;
  /** The kind binary. */
  readonly kind: string;
  /** The cell's own folder; the kubeconfig goes here and nowhere else. */
  readonly dir: string;
  readonly owner: string;
  readonly leases: Pick<Leases, "ahead">;
  readonly emit: Emit;
  /** For the CNI, and again for the roles. */
  readonly readyBudgetMs: number;
  readonly signal?: AbortSignal;
}

const MACHINE = { exec: hostExec, readText: (path: string) => readFile(path, "utf8").catch(() => undefined) };

/**
 * Creates the cell's cluster and waits until its roles are Ready. Throws UndecidedError, naming the stage that failed and the last it said; what
 * was made by then is left for the caller to delete or keep.
 */
export async function createCluster(order: ClusterOrder): Promise<ClusterRecord> {
  const kubeconfig = join(order.dir, "kubeconfig");
  await stage(order, "cluster", () => makeNodes(order, kubeconfig));
  // A cold API server on a busy machine is slow, and no fault is in force that would have to wait for it.
  const api = kubernetes(kubeconfig, { timeoutMs: 30_000, ...(order.signal ? { signal: order.signal } : {}) });
  await stage(order, "cni", () => installCni(order, api));
  return await stage(order, "roles", () => deployRoles(order, api, kubeconfig));
}

/** Logs a stage's begin, end and failure around the work. */
export async function stage<T>(
  { emit, name }: { readonly emit: Emit; readonly name: string },
  stage: Stage,
  work: () => Promise<T>,
): Promise<T> {
  const startedAtMs = performance.now();
  const durationMs = () => Math.round(performance.now() - startedAtMs);
  emit({ type: "stage-started", stage, detail: name });
  try {
    const result = await work();
    emit({ type: "stage-done", stage, durationMs: durationMs(), detail: name });
    return result;
  } catch (error) {
    const { message, exitCode } = error as { message: string; exitCode?: number };
    emit({ type: "stage-failed", stage, durationMs: durationMs(), message, exitCode: exitCode ?? 2 });
    throw error;
  }
}

async function makeNodes(order: ClusterOrder, kubeconfig: string): Promise<void> {
  const { name, cell, image } = order;
  await mustHaveRoom(MACHINE, await othersAhead(order));
  await createClosedNetwork(name, { labels: labelsOf(order), ipv6: familiesOf(cell).includes("IPv6") });
  try {
    await createByKind({ ...order, imageTag: image.tag, config: kindConfig(cell, image), kubeconfig });
  } catch (error) {
    const reached = await whetherReached(MACHINE);
    if (!(error instanceof UndecidedError) || reached === "") throw error;
    throw new UndecidedError(error.message, `${error.nextStep}; ${reached}`, { cause: error });
  }
}

/** How many clusters have nodes that run, or are in the making since before this one. What is left of others is a network, and takes nothing. */
async function othersAhead({ name, leases }: ClusterOrder): Promise<number> {
  const label = "io.x-k8s.kind.cluster";
  const { stdout } = await hostExec([
    "docker",
    "ps",
    "--filter",
    `label=${label}`,
    "--format",
    `{{.Label "${label}"}}`,
  ]);
  const running = stdout.split("\n").filter((cluster) => cluster !== "");
  const clusters = new Set([...running, ...(await leases.ahead(name))]);
  clusters.delete(name);
  return clusters.size;
}

function labelsOf({ name, cell, owner, dir }: ClusterOrder): Readonly<Record<string, string>> {
  return { [LABELS.cluster]: name, [LABELS.cell]: cellId(cell), [LABELS.owner]: owner, [LABELS.runDir]: dir };
}

async function installCni(order: ClusterOrder, api: Kubernetes): Promise<void> {
  const { name, install } = cniOf(order.cell);
  // None until the CNI is there: a sandbox that fails for want of it is not tried again for about 15 s.
  await api.patchDeployment("kube-system", "coredns", coreDns(0));
  if (install.by === "manifest") await api.apply(await manifestFor(install, order.cell));
  if (install.by === "script") await runOnNodes(order, api, install);
  const signal = order.signal ? { signal: order.signal } : {};
  const agent = (ready: { readonly namespace: string; readonly selector: string }) =>
    api.untilPods({
      what: `CNI ${name}`,
      ...ready,
      budgetMs: order.readyBudgetMs,
      done: (pods) => pods.length === 2 && pods.every(isReady),
      missing: describePods,
      ...signal,
    });
  const waits = [
    ...(install.by === "script" ? [] : [agent(install.ready)]),
    api.untilNodes({
      what: "nodes to be Ready",
      budgetMs: order.readyBudgetMs,
      done: (nodes) => nodes.length === 2 && nodes.every(isNodeReady),
      missing: (nodes) =>
        nodes
          .filter((node) => !isNodeReady(node))
          .map((node) => node.metadata?.name)
          .join(", "),
      ...signal,
    }),
  ];
  await Promise.all(waits).catch((error: unknown) => {
    throw new UndecidedError((error as Error).message, `see the pods: ${kubectlHint(order)}`, { cause: error });
  });
}

async function runOnNodes(order: ClusterOrder, api: Kubernetes, install: OnNodes): Promise<void> {
  await api.untilNodes({
    what: "nodes to have pod CIDRs",
    budgetMs: order.readyBudgetMs,
    done: (nodes) => nodes.length === 2 && nodes.every(hasPodCidrs),
    missing: (nodes) => nodes.map((node) => node.metadata?.name).join(", "),
    ...(order.signal ? { signal: order.signal } : {}),
  });
  await installByScript(order.cell, install, await api.nodes());
}

/**
 * One replica a node, so that a lookup can meet the one on its own node and the one on the other. Asked every second whether it is ready, not every
 * ten as kubeadm has it: that only shortens the waiting, here and when a scenario has made it anew.
 */
function coreDns(replicas: number): object {
  const labelSelector = { matchLabels: { "k8s-app": "kube-dns" } };
  const elsewhere = [{ labelSelector, topologyKey: "kubernetes.io/hostname" }];
  const spec = {
    containers: [{ name: "coredns", readinessProbe: { periodSeconds: 1 } }],
    affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: elsewhere } },
  };
  const strategy = { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } };
  return { spec: { replicas, strategy, template: { spec } } };
}

async function deployRoles(order: ClusterOrder, api: Kubernetes, kubeconfig: string): Promise<ClusterRecord> {
  await api.patchDeployment("kube-system", "coredns", coreDns(2));
  const { name, cell } = order;
  const containers = { A: `${name}-worker`, B: `${name}-control-plane`, "control-plane": `${name}-control-plane` };
  await api.applyObjects([...roleObjects(containers, ECHO_IMAGE, cell.ipFamily), dnsServiceFamilies(cell.ipFamily)]);
  const outside = await startOutside(order);
  const ready = {
    budgetMs: order.readyBudgetMs,
    missing: describePods,
    ...(order.signal ? { signal: order.signal } : {}),
  };
  await Promise.all([
    api.untilPods({ what: "roles", namespace: NAMESPACE, done: allReady(3), ...ready }),
    api.untilPods({
      what: "CoreDNS",
      namespace: "kube-system",
      selector: "k8s-app=kube-dns",
      done: rolledOut,
      ...ready,
    }),
  ]).catch((error: unknown) => {
    throw new UndecidedError((error as Error).message, `see the pods: ${kubectlHint(order)}`, { cause: error });
  });
  return {
    name,
    cell,
    traits: traitsOf(cell),
    kubeconfig,
    containers,
    outside,
    ...(await addressesOf(order, api, containers)),
  };
}

function allReady(count: number): (pods: readonly Pod[]) => boolean {
  return (pods) => pods.filter(isReady).length === count;
}

/** Two of one generation and no other: a replica of before the patch would be replaced under the first scenario's feet. */
function rolledOut(pods: readonly Pod[]): boolean {
  const generations = new Set(pods.map((pod) => pod.metadata?.labels?.["pod-template-hash"]));
  return pods.length === 2 && pods.every(isReady) && generations.size === 1;
}

/** A container on the cluster's network that is no node: the node image, for its tools, with nothing running in it. */
async function startOutside(order: ClusterOrder): Promise<string> {
  const { name, image } = order;
  const container = `${name}-outside`;
  const labels = Object.entries(labelsOf(order)).flatMap(([key, value]) => ["--label", `${key}=${value}`]);
  const argv = ["docker", "run", "--detach", "--name", container, "--network", name, ...labels];
  await mustExec(hostExec, [...argv, "--entrypoint", "/bin/sleep", image.tag, "infinity"]);
  await mustExec(behind(["docker", "exec", container]), ["true"]);
  return container;
}

function describePods(pods: readonly Pod[]): string {
  const waiting = pods
    .filter((pod) => !isReady(pod))
    .map((pod) => {
      const states = pod.status?.containerStatuses?.map((one) => one.state?.waiting?.reason ?? "not ready") ?? [];
      return `${pod.metadata?.name} ${pod.status?.phase} ${states.join(" ")}`.trim();
    });
  return waiting.length > 0 ? waiting.join("; ") : `${pods.length} pods are there`;
}

function kubectlHint(order: ClusterOrder): string {
  return `docker exec ${order.name}-control-plane kubectl --kubeconfig /etc/kubernetes/admin.conf get pods -A -o wide (keep it with --keep failure)`;
}
