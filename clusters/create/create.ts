import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cellId, familiesOf, type Cell } from "../../lib/model/cell.ts";
import type { ClusterRecord, Containers } from "../../lib/model/cluster.ts";
import { UndecidedError } from "../../lib/host/errors.ts";
import type { Emit } from "../../lib/events/event-log.ts";
import type { Stage } from "../../lib/events/event.ts";
import { behind, hostExec, mustExec } from "../../lib/host/exec.ts";
import { isReady, kubernetes, type Kubernetes, type Pod } from "../../lib/kubernetes/client.ts";
import type { Size } from "../../lib/model/nodes.ts";
import { patience } from "../../lib/host/time-scale.ts";
import { addressesOf } from "./addresses.ts";
import { traitsOf } from "../cells/cells.ts";
import { coreDns, describePods, installCni } from "./cni-install.ts";
import { emulatedPatches } from "./emulated.ts";
import { ECHO_IMAGE } from "../image/images.ts";
import type { NodeImage } from "../image/node-image.ts";
import { cpuInfoFor } from "./cpuinfo.ts";
import { kindConfig, type MountedOnNodes } from "./kind-config.ts";
import { createByKind } from "./kind-create.ts";
import type { Leases } from "../ownership/lease.ts";
import { LABELS } from "../ownership/closing-rule.ts";
import { createClosedNetwork } from "./network.ts";
import { neverReady } from "./never-ready.ts";
import { nodesAhead } from "./nodes-ahead.ts";
import { dnsServiceFamilies, NAMESPACE, roleObjects } from "../roles/objects.ts";
import { mustHaveRoom, whetherReached } from "../setup/inotify.ts";
import { ownSubnets, podSubnets } from "../addressing/subnets.ts";

export interface ClusterOrder {
  readonly name: string;
  readonly cell: Cell;
  readonly image: NodeImage;
  readonly nodes: Size;
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

const ROLES = { namespace: NAMESPACE };
const DNS = { namespace: "kube-system", selector: "k8s-app=kube-dns" };
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
  await stage(order, "cni", () =>
    installCni(order, api, { nodes: order.nodes, podSubnets: podSubnets(order.cell.ipFamily) }),
  );
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
  const { name, cell, image, nodes, leases } = order;
  // Taken for as many nodes as this one has, since another is often of the same run.
  await mustHaveRoom(MACHINE, await nodesAhead({ name, leased: name, leases, each: nodes }), nodes);
  await createClosedNetwork(name, { labels: labelsOf(order), ipv6: familiesOf(cell).includes("IPv6") });
  try {
    const config = kindConfig(cell, image, ownSubnets(cell.ipFamily), nodes - 1, await mountedOf(order));
    await createByKind({ ...order, imageTag: image.tag, config, kubeconfig });
  } catch (error) {
    const reached = await whetherReached(MACHINE);
    if (!(error instanceof UndecidedError) || reached === "") throw error;
    throw new UndecidedError(error.message, `${error.nextStep}; ${reached}`, { cause: error });
  }
}

async function mountedOf(order: ClusterOrder): Promise<MountedOnNodes> {
  return { staticPods: await staticPodsOf(order), cpuInfo: await cpuInfoOf(order) };
}

/** The file to stand for /proc/cpuinfo; undefined where the kernel's own will do. */
async function cpuInfoOf({ dir }: ClusterOrder): Promise<string | undefined> {
  const text = cpuInfoFor((await MACHINE.readText("/proc/cpuinfo")) ?? "");
  if (text === undefined) return undefined;
  const file = join(dir, "cpuinfo");
  await writeFile(file, text);
  return file;
}

/** The folder with kubeadm's patches of static pods; undefined where there are none. */
async function staticPodsOf({ dir }: ClusterOrder): Promise<string | undefined> {
  const patches = Object.entries(emulatedPatches(patience()).staticPods);
  if (patches.length === 0) return undefined;
  const folder = join(dir, "static-pods");
  await mkdir(folder, { recursive: true });
  for (const [name, patch] of patches) await writeFile(join(folder, name), JSON.stringify(patch));
  return folder;
}

function labelsOf({ name, cell, owner, dir }: ClusterOrder): Readonly<Record<string, string>> {
  return { [LABELS.cluster]: name, [LABELS.cell]: cellId(cell), [LABELS.owner]: owner, [LABELS.runDir]: dir };
}

async function deployRoles(order: ClusterOrder, api: Kubernetes, kubeconfig: string): Promise<ClusterRecord> {
  const { name, cell, nodes } = order;
  const containers = containersOf(name, nodes);
  await api.patchDeployment(
    "kube-system",
    "coredns",
    coreDns(2, nodes === 3 ? [containers.A, containers.B] : undefined),
  );
  await api.applyObjects([...roleObjects(containers, ECHO_IMAGE, cell.ipFamily), dnsServiceFamilies(cell.ipFamily)]);
  const outside = await startOutside(order);
  const ready = {
    budgetMs: order.readyBudgetMs,
    missing: describePods,
    ...(order.signal ? { signal: order.signal } : {}),
  };
  const until = async (what: string, pods: typeof DNS | typeof ROLES, done: (pods: readonly Pod[]) => boolean) => {
    const awaited = { cluster: name, api, ...pods, signal: order.signal };
    await api.untilPods({ what, ...pods, done, ...ready }).catch((error: unknown) => neverReady(awaited, error));
  };
  await Promise.all([until("roles", ROLES, allReady(nodes + 1)), until("CoreDNS", DNS, rolledOut)]);
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

/** As kind names them: the second worker is `-worker2`. */
function containersOf(name: string, nodes: Size): Containers {
  const controlPlane = `${name}-control-plane`;
  const two = { A: `${name}-worker`, B: controlPlane, "control-plane": controlPlane };
  return nodes === 3 ? { ...two, C: `${name}-worker2` } : two;
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
