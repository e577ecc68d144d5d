import { readFileSync } from "node:fs";
import type { Cluster, ClusterRecord, PodPlace, Whereabouts } from "../../lib/model/cluster.ts";
import { containerExec } from "../../lib/host/container-exec.ts";
import { throughWay, wayInto, type ContainerWay } from "../../lib/host/container-way.ts";
import { UndecidedError } from "../../lib/host/errors.ts";
import { mustExec, type Exec } from "../../lib/host/exec.ts";
import type { Host } from "../../lib/host/host.ts";
import { isReady, kubernetes, type Kubernetes, type Pod } from "../../lib/kubernetes/client.ts";
import { nodesOf, ofNode } from "../../lib/model/nodes.ts";
import { PEERS, type Peer, type Role } from "../../lib/model/path.ts";
import { NAMESPACE } from "../roles/objects.ts";

/** Constant: pods are found in its output, and nothing is put into it. */
const SANDBOXES = readFileSync(new URL("sandboxes.pl", import.meta.url), "utf8");

/** Ways into containers, by their names. */
export type Ways = ReadonlyMap<string, ContainerWay>;

/** Resolves to the way into each node of a cluster. A node that cannot be asked has none. */
export async function waysInto({ containers }: ClusterRecord, host: Exec): Promise<Ways> {
  const nodes = [...new Set(nodesOf(containers).map((node) => ofNode(containers, node)))];
  const found = nodes.map(async (container) => {
    const way = await wayInto(container, host).catch((error: unknown) => ({ direct: null, whyNot: String(error) }));
    return [container, way] as const;
  });
  return new Map(await Promise.all(found));
}

/**
 * Returns a running cluster: commands go through the container runtime, or directly into a node that has a way; objects
 * go through its API. `signal` ends API calls.
 */
export function liveCluster(
  record: ClusterRecord,
  { exec: host, timeScale }: Host,
  signal?: AbortSignal,
  ways: Ways = new Map(),
): Cluster {
  const api = kubernetes(record.kubeconfig, { timeScale, ...(signal && { signal }) });
  const exec: Cluster["exec"] = (place) => {
    const container = containerOf(record, place);
    const way = ways.get(container);
    return way ? throughWay(way, containerExec(container, host)) : containerExec(container, host);
  };
  return { record, timeScale, exec, locate: () => locate(record, api, exec) };
}

/** Returns the container of a place. Throws UndecidedError for a peer or a node that the cluster lacks. */
export function containerOf(record: ClusterRecord, place: Parameters<Cluster["exec"]>[0]): string {
  if (place === "outside") return record.outside;
  if (place !== "peer" && place !== "twin") return ofNode(record.containers, place);
  const peer = record.peers?.[place];
  if (peer) return peer.container;
  throw new UndecidedError(`cluster ${record.name} has no ${place}`, "the stage `peers` of its run says why");
}

/** Returns the peers' pods by role; for `twin`, the pod with the address of `other`. Pure. */
export function peerPods({ peers }: ClusterRecord, pods: Whereabouts["pods"]): Whereabouts["pods"] {
  const found = PEERS.flatMap((role): readonly (readonly [Peer, PodPlace])[] => {
    const places = peers?.[role]?.pods ?? [];
    const place = role === "twin" ? places.find(({ ip }) => ip === pods.other?.ip) : places[0];
    return place ? [[role, place]] : [];
  });
  return Object.fromEntries(found);
}

async function locate(record: ClusterRecord, api: Kubernetes, exec: Cluster["exec"]): Promise<Whereabouts> {
  const [roles, dns, ...sandboxes] = await Promise.all([
    api.pods(NAMESPACE),
    api.pods("kube-system", "k8s-app=kube-dns"),
    ...nodesOf(record.containers).map((node) => sandboxesOf(exec(node))),
  ]);
  const pids = new Map(sandboxes.flat().map(({ namespace, name, pid }) => [`${namespace}/${name}`, pid]));
  const named = roles.map((pod) => [pod.metadata?.name as Role, pod] as const);
  const replicas = dns.filter(isReady).map((pod) => [dnsRole(record, pod), pod] as const);
  const pods: Partial<Record<Role, PodPlace>> = {};
  for (const [role, pod] of [...named, ...replicas]) {
    const place = placeOf(pod, pids);
    if (place) pods[role] = place;
  }
  const balancer = record.balancer ? { balancer: record.balancer } : {};
  return { cluster: record, pods: { ...pods, ...peerPods(record, pods), ...balancer } };
}

function dnsRole(record: ClusterRecord, pod: Pod): Role {
  return pod.spec?.nodeName === record.containers.A ? "dnsA" : "dnsB";
}

/** Returns every pod of a namespace that runs on the only node of a cluster. */
export async function podPlaces(
  api: Kubernetes,
  container: string,
  namespace: string,
  host: Exec,
): Promise<readonly PodPlace[]> {
  const [pods, sandboxes] = await Promise.all([api.pods(namespace), sandboxesOf(containerExec(container, host))]);
  const pids = new Map(sandboxes.map(({ namespace: space, name, pid }) => [`${space}/${name}`, pid]));
  return pods.flatMap((pod) => placeOf(pod, pids) ?? []);
}

function placeOf(pod: Pod, pids: ReadonlyMap<string, number>): PodPlace | null {
  const name = pod.metadata?.name ?? "";
  const [ip = pod.status?.podIP, secondIp] = pod.status?.podIPs?.map(({ ip }) => ip) ?? [];
  const pid = pids.get(`${pod.metadata?.namespace}/${name}`);
  if (ip === undefined || pid === undefined) return null;
  return { name, ip, ...(secondIp === undefined ? {} : { secondIp }), pid };
}

interface Sandbox {
  readonly namespace: string;
  readonly name: string;
  readonly pid: number;
}

async function sandboxesOf(exec: Exec): Promise<readonly Sandbox[]> {
  const { stdout } = await mustExec(exec, ["perl", "-e", SANDBOXES]);
  const lines = stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as Sandbox);
}
