/**
 * Peer clusters: one node each, of the same cell, on the network of an existing cluster. They are closed, found and
 * deleted with it (cluster-name.ts). They serve claims about more than one cluster.
 */
import { mkdir } from "node:fs/promises";
import { join as joinPath } from "node:path";
import type { Cell } from "../../lib/model/cell.ts";
import type { ClusterRecord, PeerRecord } from "../../lib/model/cluster.ts";
import { UndecidedError } from "../../lib/host/errors.ts";
import { behind } from "../../lib/host/exec.ts";
import type { Emit } from "../../lib/events/event-log.ts";
import { isReady, kubernetes, type Kubernetes } from "../../lib/kubernetes/client.ts";
import type { Peer } from "../../lib/model/path.ts";
import { peerName } from "../ownership/cluster-name.ts";
import { describePods, installCni } from "./cni-install.ts";
import { networkOf } from "./cni-on-nodes.ts";
import { stage, type CreationHost } from "./create.ts";
import { removeContainers } from "./delete.ts";
import { ECHO_IMAGE } from "../image/images.ts";
import type { NodeImage } from "../image/node-image.ts";
import { join, type JoinedCluster } from "./join.ts";
import { kindConfig } from "./kind-config.ts";
import { createByKind } from "./kind-create.ts";
import type { Leases } from "../ownership/lease.ts";
import { podPlaces } from "./live-cluster.ts";
import { countOtherNodes } from "./other-nodes.ts";
import { neverReady } from "./never-ready.ts";
import { logUnavailable } from "./unavailable.ts";
import { NAMESPACE, peerObjects } from "../roles/objects.ts";
import { mustHaveRoom } from "../setup/inotify.ts";
import { ownSubnets, subnetsOf } from "../addressing/subnets.ts";

export interface PeerOptions {
  readonly host: Pick<CreationHost, "exec" | "timeScale" | "readText">;
  readonly cell: Cell;
  /** Builds or finds the node image; called only when a cluster has to be made. */
  readonly image: () => Promise<NodeImage>;
  /** The kind binary. */
  readonly kind: string;
  /** The cell's own folder; each peer has a folder in it. */
  readonly dir: string;
  readonly leases: Pick<Leases, "ahead">;
  readonly emit: Emit;
  readonly readyBudgetMs: number;
  readonly signal: AbortSignal;
}

/**
 * Returns the record with the needed peers: those it has, and new ones for those it lacks, joined to the cluster. An
 * unavailable peer is logged and left out of the record, so that only the scenarios that need it are affected. Throws
 * when stopped.
 */
export async function withPeers(
  options: PeerOptions,
  record: ClusterRecord,
  needed: readonly Peer[],
): Promise<ClusterRecord> {
  let joined = record;
  for (const peer of needed) {
    const name = peerName(record.name, peer);
    try {
      const peerRecord = await stage({ emit: options.emit, name }, "peers", () => made(options, record, peer));
      joined = { ...joined, peers: { ...joined.peers, [peer]: peerRecord } };
    } catch (error) {
      logUnavailable(options, `cluster ${name}`, error);
    }
  }
  return joined;
}

async function made(options: PeerOptions, record: ClusterRecord, peer: Peer): Promise<PeerRecord> {
  const { exec } = options.host;
  const known = record.peers?.[peer];
  // Its processes may have changed since the run that made it.
  if (known)
    return { ...known, pods: await podPlaces(api(options, known.kubeconfig), known.container, NAMESPACE, exec) };
  const name = peerName(record.name, peer);
  const dir = joinPath(options.dir, peer);
  const kubeconfig = joinPath(dir, "kubeconfig");
  const container = `${name}-control-plane`;
  await mkdir(dir, { recursive: true });
  await makeNode(options, record, peer, { name, dir, kubeconfig });
  const there = api(options, kubeconfig);
  const podSubnets = subnetsOf(peer, options.cell.ipFamily).pods;
  await installCni({ ...options, name, exec }, there, { nodes: 1, podSubnets });
  const here = api(options, record.kubeconfig);
  await deployPods(options, there, peer, { name, container, count: peer === "twin" ? await podsToTwin(here) : 1 });
  const first = { nodes: await nodesOf(here), podSubnets: ownSubnets(options.cell.ipFamily).pods };
  await join(first, { nodes: await nodesOf(there), podSubnets }, (node) => behind(["docker", "exec", node], exec));
  return { name, kubeconfig, container, pods: await podPlaces(there, container, NAMESPACE, exec) };
}

function api({ host: { timeScale }, signal }: PeerOptions, kubeconfig: string): Kubernetes {
  return kubernetes(kubeconfig, { timeoutMs: 30_000, timeScale, signal });
}

interface PeerLocation {
  readonly name: string;
  readonly dir: string;
  readonly kubeconfig: string;
}

async function makeNode(options: PeerOptions, record: ClusterRecord, peer: Peer, place: PeerLocation): Promise<void> {
  const { cell, kind, leases, signal, host } = options;
  const { exec } = host;
  const each = record.containers.C === undefined ? 2 : 3;
  await mustHaveRoom(
    host,
    await countOtherNodes({ ...place, leased: record.name, leases, assumedSize: each, exec }),
    1,
  );
  // Parts that an earlier run left behind.
  await removeContainers(place.name, exec);
  const image = await options.image();
  const config = kindConfig(cell, image, host.timeScale, subnetsOf(peer, cell.ipFamily), 0);
  await createByKind({ kind, ...place, network: record.name, imageTag: image.tag, config, signal }, exec);
}

/**
 * The most pods to create for one with a given address. host-local assigns addresses in sequence from the second on, so
 * that many pods in a cluster of the same CIDR reach the address of `other`.
 */
const MOST_PODS = 20;

async function podsToTwin(here: Kubernetes): Promise<number> {
  const other = (await here.pods(NAMESPACE)).find(({ metadata }) => metadata?.name === "other")?.status?.podIP ?? "";
  const count = podsUpTo(other);
  if (count !== null) return count;
  const nextStep =
    "its CNI does not assign addresses from the start of its node's pod CIDR, or the cluster is old: use a new cluster";
  throw new UndecidedError(`no pod can get the address of other, "${other}"`, nextStep);
}

/** Returns the number of pods on a node whose newest pod has this address; null unless it is 1 to MOST_PODS. Pure. */
export function podsUpTo(address: string): number | null {
  const last = address.split(/[.:]/).at(-1) ?? "";
  const count = Number.parseInt(last, address.includes(":") ? 16 : 10) - 1;
  return count >= 1 && count <= MOST_PODS ? count : null;
}

async function deployPods(
  options: PeerOptions,
  there: Kubernetes,
  peer: Peer,
  { name, container, count }: { readonly name: string; readonly container: string; readonly count: number },
): Promise<void> {
  await there.applyObjects(peerObjects(peer, container, count, ECHO_IMAGE, options.host.timeScale));
  const ready = { what: `pods of ${name}`, namespace: NAMESPACE, missing: describePods, signal: options.signal };
  const done = (pods: Parameters<typeof describePods>[0]) => pods.filter(isReady).length === count;
  await there
    .untilPods({ ...ready, done, budgetMs: options.readyBudgetMs })
    .catch((error: unknown) =>
      neverReady(
        { cluster: name, api: there, namespace: NAMESPACE, signal: options.signal, exec: options.host.exec },
        error,
      ),
    );
}

async function nodesOf(api: Kubernetes): Promise<JoinedCluster["nodes"]> {
  return (await api.nodes()).map(networkOf);
}
