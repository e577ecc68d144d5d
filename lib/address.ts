import type { ClusterRecord, Whereabouts } from "./cluster.ts";
import type { Peer, Role, Way } from "./path.ts";

/** Ports and names of the roles; clusters/roles/objects.ts has the same. */
export const ROLE_PORTS = { server: 8080, sidecar: 8081, dns: 53, servicePort: 80 } as const;
export const SERVER_NAME = "server.faultline.svc.cluster.local";

/** Where commands for a role are run: a node, `outside`, or the one node of a further cluster. */
export type Place = "A" | "B" | "outside" | Peer;

/** Which node a role is on; `outside` is on none. */
export function nodeOf(role: Role): Place {
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
    case "outside":
    case "peer":
    case "twin":
      return role;
    case "dns":
      throw new Error("role dns is a Service: it is on no node and can only be a destination");
  }
}

/** The address (or name) by which `way` reaches a role. Throws when this pair has none, or the pod is not there just now. */
export function addressOf(where: Whereabouts, role: Role, way: Way): string {
  switch (way) {
    case "podIP":
      return podOf(where, role).ip;
    case "ClusterIP":
      return clusterIpOf(where.cluster, role);
    case "Service name":
      if (role === "server") return SERVER_NAME;
      break;
    case "NodePort":
    case "nodeIP":
      return nodeIpOf(where.cluster, role);
    case "localhost":
      return "127.0.0.1";
  }
  throw new Error(`role ${role} cannot be reached by ${way}`);
}

/** The process that owns a role's network namespace on its node; 1 for the node itself. */
export function netnsPidOf(where: Whereabouts, role: Role): number {
  return role === "hostA" || role === "hostB" || role === "outside" ? 1 : podOf(where, role).pid;
}

/** The pod a role stands for. Throws when it is not there just now. */
export function podOf(
  where: Whereabouts,
  role: Role,
): { readonly name: string; readonly ip: string; readonly pid: number } {
  const pod = where.pods[role === "sidecar" ? "server" : role];
  if (!pod) throw new Error(`role ${role} has no running pod just now`);
  return pod;
}

function clusterIpOf(cluster: ClusterRecord, role: Role): string {
  if (role === "server" || role === "dns") return cluster.serviceIps[role];
  throw new Error(`role ${role} has no Service`);
}

function nodeIpOf(cluster: ClusterRecord, role: Role): string {
  const node = nodeOf(role);
  if (node === "A" || node === "B") return cluster.nodeIps[node];
  throw new Error(`role ${role} is on no node of this cluster`);
}
