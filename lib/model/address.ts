import { familiesOf, type Family } from "./cell.ts";
import type { ClusterRecord, PodPlace, SecondFamily, Whereabouts } from "./cluster.ts";
import { NODES, type NodeName } from "./nodes.ts";
import type { Peer, Role, Way } from "./path.ts";

/** Ports of the roles; clusters/roles/objects.ts must have the same. */
export const ROLE_PORTS = { server: 8080, sidecar: 8081, dns: 53, servicePort: 80 } as const;
/** Ports of the balancer. A Service of type LoadBalancer has only port 80 (lib/faults/kinds/load-balancer). */
export const BALANCER_PORTS = { "port 80": 80, "port 443": 443 } as const satisfies Partial<Record<Way, number>>;
export const SERVER_NAME = "server.faultline.svc.cluster.local";

/** A container in which commands run: a node, `outside`, or the one node of a further cluster. */
export type ExecTarget = NodeName | "outside" | Peer;

/** Returns where a role's commands run. Throws Error for `dns`: a Service is on no node. */
export function nodeOf(role: Role): ExecTarget {
  switch (role) {
    case "server":
    case "sidecar":
    case "same":
    case "hostA":
    case "dnsA":
      return "A";
    case "other":
    case "hostB":
    case "dnsB":
      return "B";
    case "third":
    case "hostC":
      return "C";
    case "outside":
    case "peer":
    case "twin":
      return role;
    case "balancer":
      return "outside";
    case "dns":
      throw new Error("role dns is a Service: it is on no node and can only be a destination");
  }
}

/**
 * Returns the address or name by which `way` reaches a role, of the named IP family or the cell's first. Throws Error
 * if the role has no such way, the cell lacks the family, or the pod does not run.
 */
export function addressOf(where: Whereabouts, role: Role, way: Way, family?: Family): string {
  const { cluster } = where;
  const isSecond = isSecondFamily(cluster, role, family);
  const ofCluster = isSecond ? () => present(cluster.second, role) : () => cluster;
  switch (way) {
    case "port 80":
    case "port 443":
    case "podIP": {
      const { ip, secondIp } = podOf(where, role);
      return isSecond ? present(secondIp, role) : ip;
    }
    case "ClusterIP":
      return clusterIpOf(ofCluster(), role);
    case "Service name":
      if (role === "server") return SERVER_NAME;
      break;
    case "NodePort":
    case "nodeIP":
      return nodeIpOf(ofCluster(), role);
    case "localhost":
      return (family ?? familiesOf(cluster.cell)[0]) === "IPv4" ? "127.0.0.1" : "::1";
  }
  throw new Error(`role ${role} cannot be reached by ${way}`);
}

/** Returns every address of the roles, their Services and their nodes, of both families, each once. */
export function allAddresses({ cluster, pods }: Whereabouts): readonly string[] {
  const ofPods = Object.values(pods).flatMap(({ ip, secondIp = ip }) => [ip, secondIp]);
  const ofCluster = [cluster, cluster.second ?? cluster].flatMap(({ nodeIps, serviceIps }) => [
    ...Object.values(serviceIps),
    ...Object.values(nodeIps),
  ]);
  return [...new Set([...ofPods, ...ofCluster])];
}

function isSecondFamily({ cell }: ClusterRecord, role: Role, family: Family | undefined): boolean {
  const families = familiesOf(cell);
  if (family === undefined || family === families[0]) return false;
  if (families.includes(family)) return true;
  throw new Error(`role ${role}: the cell has no ${family}`);
}

function present<T>(address: T | undefined, role: Role): T {
  if (address === undefined) throw new Error(`role ${role} has no address of the cell's second IP family`);
  return address;
}

/** Returns the id of the process that owns a role's network namespace on its node; 1 for the node itself. */
export function netnsPidOf(where: Whereabouts, role: Role): number {
  return NODES_THEMSELVES.includes(role) || role === "outside" ? 1 : podOf(where, role).pid;
}

const NODES_THEMSELVES: readonly Role[] = ["hostA", "hostB", "hostC"];

/** Returns the pod of a role. Throws Error if it does not run. */
export function podOf(where: Whereabouts, role: Role): PodPlace {
  const pod = where.pods[role === "sidecar" ? "server" : role];
  if (!pod) throw new Error(`role ${role} has no running pod`);
  return pod;
}

function clusterIpOf({ serviceIps }: SecondFamily, role: Role): string {
  if (role === "server" || role === "dns") return serviceIps[role];
  throw new Error(`role ${role} has no Service`);
}

function nodeIpOf({ nodeIps }: SecondFamily, role: Role): string {
  const target = nodeOf(role);
  const node = NODES.find((each) => each === target);
  const ip = node && nodeIps[node];
  if (ip !== undefined) return ip;
  throw new Error(`role ${role} is on no node of this cluster`);
}
