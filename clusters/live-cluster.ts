import { readFileSync } from "node:fs";
import type { Cluster, ClusterRecord, PodPlace, Whereabouts } from "../lib/cluster.ts";
import { containerExec } from "../lib/container-exec.ts";
import { mustExec, type Exec } from "../lib/exec.ts";
import { isReady, kubernetes, type Kubernetes, type Pod } from "../lib/kubernetes.ts";
import type { Role } from "../lib/path.ts";
import { NAMESPACE } from "./roles/objects.ts";

/** Constant: pods are found by what it prints, nothing is put into it. */
const SANDBOXES = readFileSync(new URL("sandboxes.sh", import.meta.url), "utf8");

/** A running cluster, reached through the container runtime for commands and through its API for objects. `signal` ends calls to its API. */
export function liveCluster(record: ClusterRecord, signal?: AbortSignal): Cluster {
  const api = kubernetes(record.kubeconfig, signal ? { signal } : {});
  const exec: Cluster["exec"] = (place) =>
    containerExec(place === "outside" ? record.outside : record.containers[place]);
  return { record, exec, locate: () => locate(record, api, exec) };
}

async function locate(record: ClusterRecord, api: Kubernetes, exec: Cluster["exec"]): Promise<Whereabouts> {
  const [roles, dns, ...sandboxes] = await Promise.all([
    api.pods(NAMESPACE),
    api.pods("kube-system", "k8s-app=kube-dns"),
    sandboxesOf(exec("A")),
    sandboxesOf(exec("B")),
  ]);
  const pids = new Map(sandboxes.flat().map(({ namespace, name, pid }) => [`${namespace}/${name}`, pid]));
  const named = roles.map((pod) => [pod.metadata?.name as Role, pod] as const);
  const replicas = dns.filter(isReady).map((pod) => [dnsRole(record, pod), pod] as const);
  const pods: Partial<Record<Role, PodPlace>> = {};
  for (const [role, pod] of [...named, ...replicas]) {
    const place = placeOf(pod, pids);
    if (place) pods[role] = place;
  }
  return { cluster: record, pods };
}

function dnsRole(record: ClusterRecord, pod: Pod): Role {
  return pod.spec?.nodeName === record.containers.A ? "dnsA" : "dnsB";
}

function placeOf(pod: Pod, pids: ReadonlyMap<string, number>): PodPlace | null {
  const name = pod.metadata?.name ?? "";
  const [ip = pod.status?.podIP, secondIp] = pod.status?.podIPs?.map((one) => one.ip) ?? [];
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
  const { stdout } = await mustExec(exec, ["bash", "-c", SANDBOXES]);
  const lines = stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as Sandbox);
}
