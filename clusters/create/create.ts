import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cellId, familiesOf, type Cell } from "../../lib/model/cell.ts";
import type { ClusterRecord, Containers } from "../../lib/model/cluster.ts";
import { UndecidedError } from "../../lib/host/errors.ts";
import type { Emit } from "../../lib/events/event-log.ts";
import type { Stage } from "../../lib/events/event.ts";
import { behind, mustExec } from "../../lib/host/exec.ts";
import { isReady, kubernetes, type Kubernetes, type Pod } from "../../lib/kubernetes/client.ts";
import type { Size } from "../../lib/model/nodes.ts";
import type { Host } from "../../lib/host/host.ts";
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
import { countOtherNodes } from "./other-nodes.ts";
import { dnsServiceFamilies, NAMESPACE, roleObjects } from "../roles/objects.ts";
import { mustHaveRoom, limitReached } from "../setup/inotify.ts";
import { ownSubnets, podSubnets } from "../addressing/subnets.ts";

export interface ClusterOptions {
  readonly name: string;
  readonly cell: Cell;
  readonly image: NodeImage;
  readonly nodes: Size;
  /** The kind binary. */
  readonly kind: string;
  /** The cell's own folder, and the only place for the kubeconfig. */
  readonly dir: string;
  readonly owner: string;
  readonly leases: Pick<Leases, "ahead">;
  readonly emit: Emit;
  /** Time for the CNI to become ready, and the same again for the roles. */
  readonly readyBudgetMs: number;
  readonly signal?: AbortSignal;
}

/** The machine as the creation of a cluster sees it. */
export interface CreationHost extends Host {
  readonly readText: (path: string) => Promise<string | undefined>;
  /** A client for the cluster that a kubeconfig file names. */
  readonly kubernetes: typeof kubernetes;
}

interface Work extends ClusterOptions {
  readonly machine: CreationHost;
}

const ROLES = { namespace: NAMESPACE };
const DNS = { namespace: "kube-system", selector: "k8s-app=kube-dns" };

/**
 * Creates the cell's cluster and waits until its roles are Ready. Throws UndecidedError with the failed stage and its
 * last output; the caller deletes or keeps the parts made by then.
 */
export async function createCluster(options: ClusterOptions, machine: CreationHost): Promise<ClusterRecord> {
  const kubeconfig = join(options.dir, "kubeconfig");
  const work = { ...options, machine };
  await stage(options, "cluster", () => makeNodes(work, kubeconfig));
  // A cold API server on a busy machine is slow. No fault is injected yet, so a long timeout delays no verdict.
  const api = machine.kubernetes(kubeconfig, {
    timeoutMs: 30_000,
    timeScale: machine.timeScale,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  await stage(options, "cni", () =>
    installCni({ ...options, exec: machine.exec }, api, {
      nodes: options.nodes,
      podSubnets: podSubnets(options.cell.ipFamily),
    }),
  );
  return await stage(options, "roles", () => deployRoles(work, api, kubeconfig));
}

/** Logs a stage's start, end and failure around the work. */
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

async function makeNodes(options: Work, kubeconfig: string): Promise<void> {
  const { name, cell, image, nodes, leases, machine } = options;
  const { exec } = machine;
  // Assumes this cluster's size for the others, which often are of the same run.
  await mustHaveRoom(machine, await countOtherNodes({ name, leased: name, leases, assumedSize: nodes, exec }), nodes);
  await createClosedNetwork(name, { labels: labelsOf(options), ipv6: familiesOf(cell).includes("IPv6") }, exec);
  try {
    const config = kindConfig(
      cell,
      image,
      machine.timeScale,
      ownSubnets(cell.ipFamily),
      nodes - 1,
      await mountedOf(options),
    );
    await createByKind({ ...options, imageTag: image.tag, config, kubeconfig }, exec);
  } catch (error) {
    const reached = await limitReached(machine);
    if (!(error instanceof UndecidedError) || reached === "") throw error;
    throw new UndecidedError(error.message, `${error.nextStep}; ${reached}`, { cause: error });
  }
}

async function mountedOf(options: Work): Promise<MountedOnNodes> {
  return { staticPods: await staticPodsOf(options), cpuInfo: await cpuInfoOf(options) };
}

/** Returns the file that replaces /proc/cpuinfo; undefined where the kernel's own works. */
async function cpuInfoOf({ dir, machine }: Work): Promise<string | undefined> {
  const text = cpuInfoFor((await machine.readText("/proc/cpuinfo")) ?? "");
  if (text === undefined) return undefined;
  const file = join(dir, "cpuinfo");
  await writeFile(file, text);
  return file;
}

/** Returns the folder with kubeadm's patches of static pods; undefined without patches. */
async function staticPodsOf({ dir, machine }: Work): Promise<string | undefined> {
  const patches = Object.entries(emulatedPatches(machine.timeScale).staticPods);
  if (patches.length === 0) return undefined;
  const folder = join(dir, "static-pods");
  await mkdir(folder, { recursive: true });
  for (const [name, patch] of patches) await writeFile(join(folder, name), JSON.stringify(patch));
  return folder;
}

function labelsOf({ name, cell, owner, dir }: ClusterOptions): Readonly<Record<string, string>> {
  return { [LABELS.cluster]: name, [LABELS.cell]: cellId(cell), [LABELS.owner]: owner, [LABELS.runDir]: dir };
}

async function deployRoles(options: Work, api: Kubernetes, kubeconfig: string): Promise<ClusterRecord> {
  const { name, cell, nodes, machine } = options;
  const { exec } = machine;
  const containers = containersOf(name, nodes);
  await api.patchDeployment(
    "kube-system",
    "coredns",
    coreDns(2, nodes === 3 ? [containers.A, containers.B] : undefined),
  );
  const pods = roleObjects(containers, ECHO_IMAGE, cell.ipFamily, machine.timeScale);
  await api.applyObjects([...pods, dnsServiceFamilies(cell.ipFamily)]);
  const outside = await startOutside(options);
  const ready = {
    budgetMs: options.readyBudgetMs,
    missing: describePods,
    ...(options.signal ? { signal: options.signal } : {}),
  };
  const until = async (what: string, pods: typeof DNS | typeof ROLES, done: (pods: readonly Pod[]) => boolean) => {
    const awaited = { cluster: name, api, ...pods, signal: options.signal, exec };
    await api.untilPods({ what, ...pods, done, ...ready }).catch((error: unknown) => neverReady(awaited, error));
  };
  // One pod more than nodes: `server` and `same` share node A.
  await Promise.all([until("roles", ROLES, allReady(nodes + 1)), until("CoreDNS", DNS, rolledOut)]);
  return {
    name,
    cell,
    traits: traitsOf(cell),
    kubeconfig,
    containers,
    outside,
    ...(await addressesOf(options, api, containers, exec)),
  };
}

/** Returns the containers under kind's names: the second worker is `-worker2`. */
function containersOf(name: string, nodes: Size): Containers {
  const controlPlane = `${name}-control-plane`;
  const two = { A: `${name}-worker`, B: controlPlane, "control-plane": controlPlane };
  return nodes === 3 ? { ...two, C: `${name}-worker2` } : two;
}

function allReady(count: number): (pods: readonly Pod[]) => boolean {
  return (pods) => pods.filter(isReady).length === count;
}

/**
 * Returns true for two ready CoreDNS replicas of one generation and no other. A replica from before the patch would be
 * replaced during the first scenario.
 */
function rolledOut(pods: readonly Pod[]): boolean {
  const generations = new Set(pods.map((pod) => pod.metadata?.labels?.["pod-template-hash"]));
  return pods.length === 2 && pods.every(isReady) && generations.size === 1;
}

/**
 * Starts the container `outside`: on the cluster's network, but not a node. It has the node image for its tools, and
 * only sleeps. Returns its name.
 */
async function startOutside(options: Work): Promise<string> {
  const { name, image, machine } = options;
  const container = `${name}-outside`;
  const labels = Object.entries(labelsOf(options)).flatMap(([key, value]) => ["--label", `${key}=${value}`]);
  const argv = ["docker", "run", "--detach", "--name", container, "--network", name, ...labels];
  await mustExec(machine.exec, [...argv, "--entrypoint", "/bin/sleep", image.tag, "infinity"]);
  await mustExec(behind(["docker", "exec", container], machine.exec), ["true"]);
  return container;
}
