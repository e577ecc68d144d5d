/**
 * Further clusters of one node each, of the same cell, on the network of a cluster that is there: closed with it, found and deleted with it (cluster-name.ts). For claims
 * about more than one cluster.
 */
import { mkdir, readFile } from "node:fs/promises";
import { join as joinPath } from "node:path";
import type { Cell } from "../../lib/model/cell.ts";
import type { ClusterRecord, PeerRecord } from "../../lib/model/cluster.ts";
import { UndecidedError } from "../../lib/host/errors.ts";
import type { Emit } from "../../lib/events/event-log.ts";
import { hostExec } from "../../lib/host/exec.ts";
import { isReady, kubernetes, type Kubernetes } from "../../lib/kubernetes/client.ts";
import type { Peer } from "../../lib/model/path.ts";
import { peerName } from "../ownership/cluster-name.ts";
import { describePods, installCni } from "./cni-install.ts";
import { networkOf } from "./cni-on-nodes.ts";
import { stage } from "./create.ts";
import { removeContainers } from "./delete.ts";
import { ECHO_IMAGE } from "../image/images.ts";
import type { NodeImage } from "../image/node-image.ts";
import { join, type Side } from "./join.ts";
import { kindConfig } from "./kind-config.ts";
import { createByKind } from "./kind-create.ts";
import type { Leases } from "../ownership/lease.ts";
import { podPlaces } from "./live-cluster.ts";
import { nodesAhead } from "./nodes-ahead.ts";
import { neverReady } from "./never-ready.ts";
import { tellNotHad } from "./unavailable.ts";
import { NAMESPACE, peerObjects } from "../roles/objects.ts";
import { mustHaveRoom } from "../setup/inotify.ts";
import { ownSubnets, subnetsOf } from "../addressing/subnets.ts";

export interface PeerOrder {
  readonly cell: Cell;
  /** Builds or finds the node image; asked only when a cluster is to be made. */
  readonly image: () => Promise<NodeImage>;
  /** The kind binary. */
  readonly kind: string;
  /** The cell's own folder; each further cluster has one in it. */
  readonly dir: string;
  readonly leases: Pick<Leases, "ahead">;
  readonly emit: Emit;
  readonly readyBudgetMs: number;
  readonly signal: AbortSignal;
}

/**
 * The cluster with the further ones that are needed: those of its record, and new ones for what it lacks, joined to it. One that cannot be had is told in the log and
 * missing in the record, so that only the scenarios that need it suffer. Throws when stopped.
 */
export async function withPeers(
  order: PeerOrder,
  record: ClusterRecord,
  needed: readonly Peer[],
): Promise<ClusterRecord> {
  let joined = record;
  for (const peer of needed) {
    const name = peerName(record.name, peer);
    try {
      const found = await stage({ emit: order.emit, name }, "peers", () => made(order, record, peer));
      joined = { ...joined, peers: { ...joined.peers, [peer]: found } };
    } catch (error) {
      tellNotHad(order, `cluster ${name}`, error);
    }
  }
  return joined;
}

async function made(order: PeerOrder, record: ClusterRecord, peer: Peer): Promise<PeerRecord> {
  const known = record.peers?.[peer];
  // Its processes may be others since the run that made it.
  if (known) return { ...known, pods: await podPlaces(api(order, known.kubeconfig), known.container, NAMESPACE) };
  const name = peerName(record.name, peer);
  const dir = joinPath(order.dir, peer);
  const kubeconfig = joinPath(dir, "kubeconfig");
  const container = `${name}-control-plane`;
  await mkdir(dir, { recursive: true });
  await makeNode(order, record, peer, { name, dir, kubeconfig });
  const there = api(order, kubeconfig);
  const podSubnets = subnetsOf(peer, order.cell.ipFamily).pods;
  await installCni({ ...order, name }, there, { nodes: 1, podSubnets });
  const here = api(order, record.kubeconfig);
  await deployPods(order, there, peer, { name, container, count: peer === "twin" ? await podsToTwin(here) : 1 });
  const first = { nodes: await nodesOf(here), podSubnets: ownSubnets(order.cell.ipFamily).pods };
  await join(first, { nodes: await nodesOf(there), podSubnets });
  return { name, kubeconfig, container, pods: await podPlaces(there, container, NAMESPACE) };
}

function api({ signal }: PeerOrder, kubeconfig: string): Kubernetes {
  return kubernetes(kubeconfig, { timeoutMs: 30_000, signal });
}

interface Place {
  readonly name: string;
  readonly dir: string;
  readonly kubeconfig: string;
}

async function makeNode(order: PeerOrder, record: ClusterRecord, peer: Peer, place: Place): Promise<void> {
  const { cell, kind, leases, signal } = order;
  const each = record.containers.C === undefined ? 2 : 3;
  const readText = (path: string) => readFile(path, "utf8").catch(() => undefined);
  await mustHaveRoom(
    { exec: hostExec, readText },
    await nodesAhead({ ...place, leased: record.name, leases, each }),
    1,
  );
  // What an earlier run left half-made.
  await removeContainers(place.name);
  const image = await order.image();
  const config = kindConfig(cell, image, subnetsOf(peer, cell.ipFamily), 0);
  await createByKind({ kind, ...place, network: record.name, imageTag: image.tag, config, signal });
}

/** The plugin host-local gives addresses one after the other, from the second on: so many pods in a cluster of the same CIDR take all up to that of `other`. */
const MOST_PODS = 20;

async function podsToTwin(here: Kubernetes): Promise<number> {
  const other = (await here.pods(NAMESPACE)).find(({ metadata }) => metadata?.name === "other")?.status?.podIP ?? "";
  const count = podsUpTo(other);
  if (count !== null) return count;
  const nextStep =
    "its CNI does not give addresses from the start of its node's pod CIDR, or it is old: take a new one";
  throw new UndecidedError(`no pod can be given the address of other, "${other}"`, nextStep);
}

/** How many pods a node has when its newest has this address; null where that is no small number. Pure. */
export function podsUpTo(address: string): number | null {
  const last = address.split(/[.:]/).at(-1) ?? "";
  const count = Number.parseInt(last, address.includes(":") ? 16 : 10) - 1;
  return count >= 1 && count <= MOST_PODS ? count : null;
}

async function deployPods(
  order: PeerOrder,
  there: Kubernetes,
  peer: Peer,
  { name, container, count }: { readonly name: string; readonly container: string; readonly count: number },
): Promise<void> {
  await there.applyObjects(peerObjects(peer, container, count, ECHO_IMAGE));
  const ready = { what: `pods of ${name}`, namespace: NAMESPACE, missing: describePods, signal: order.signal };
  const done = (pods: Parameters<typeof describePods>[0]) => pods.filter(isReady).length === count;
  await there
    .untilPods({ ...ready, done, budgetMs: order.readyBudgetMs })
    .catch((error: unknown) =>
      neverReady({ cluster: name, api: there, namespace: NAMESPACE, signal: order.signal }, error),
    );
}

async function nodesOf(of: Kubernetes): Promise<Side["nodes"]> {
  return (await of.nodes()).map(networkOf);
}
