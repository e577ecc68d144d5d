import type { Family } from "./cell.ts";
import { UsageError } from "../host/errors.ts";

/**
 * Who can send or be reached. `same`, `server`, `hostA` and `dnsA` are on node A, `other`, `hostB` and `dnsB` on node B, `third` and `hostC` on node C, which is there
 * only where they are named; `sidecar` is the second container of the server's pod; `dns` is the cluster's DNS Service; `outside` is a container that is no node. `peer` and `twin` are pods of further
 * clusters, joined to this one by routes: those of `peer` are distinct from this one's, `twin` has the same pod CIDR, and is the pod with the address of `other`.
 * `balancer` is what listens in the container `outside`, where a cloud would have its load balancer: it is only ever asked.
 */
export const ROLES = [
  "server",
  "sidecar",
  "same",
  "other",
  "hostA",
  "third",
  "hostB",
  "hostC",
  "dns",
  "dnsA",
  "dnsB",
  "outside",
  "peer",
  "twin",
  "balancer",
] as const;
export type Role = (typeof ROLES)[number];

/** Roles that are in a cluster of their own, which is there only where a scenario names them. */
export const PEERS = ["peer", "twin"] as const satisfies readonly Role[];
export type Peer = (typeof PEERS)[number];

/** Roles that are on a third node, which the cluster has only where a scenario names them. */
export const ON_THIRD = ["third", "hostC"] as const satisfies readonly Role[];

/** How the destination is addressed; by a port: at the balancer's address, which has two. */
export const WAYS = [
  "podIP",
  "ClusterIP",
  "Service name",
  "NodePort",
  "nodeIP",
  "localhost",
  "port 80",
  "port 443",
] as const;
export type Way = (typeof WAYS)[number];

export const TOOLS = ["curl", "dig", "ping"] as const;
export type Tool = (typeof TOOLS)[number];

/** From a role to a role by a way, tried with a tool: symbols only, so that two runs on two clusters can be compared. */
export interface Path {
  readonly from: Role;
  readonly to: Role;
  readonly way: Way;
  readonly tool: Tool;
  /** Absent: the first family of the cell. */
  readonly family?: Family;
}

const SHAPE = /^(\w+) → (\w+) by (?:(IPv[46]) )?([A-Za-z ]+?(?: \d+)?)(?: with (\w+))?$/;

/**
 * Reads `same → server by ClusterIP` (curl, or dig when the destination is a DNS role), `… by IPv6 ClusterIP` or `… with ping`.
 * Throws UsageError naming the word it does not know.
 */
export function parsePath(text: string): Path {
  const parts = SHAPE.exec(text);
  if (!parts) throw new UsageError(`path "${text}" is not of the form "from → to by [IPv4|IPv6] way [with tool]"`);
  const [, from, to, family, way, tool] = parts;
  const destination = oneOf(ROLES, to, text);
  const usual: Tool = destination.startsWith("dns") ? "dig" : "curl";
  const path: Path = {
    from: oneOf(SENDERS, from, text),
    to: destination,
    way: oneOf(WAYS, way, text),
    tool: tool === undefined ? usual : oneOf(TOOLS, tool, text),
    ...(family === undefined ? {} : { family: family as Family }),
  };
  const reason = whyNot(path, usual);
  if (reason !== null) throw new UsageError(`path "${text}": ${reason}`);
  return path;
}

/** Why nobody can try this path; null when somebody can. */
function whyNot({ from, to, way, tool }: Path, usual: Tool): string | null {
  if (!REACHED_BY[way].includes(to))
    return `${to} has no ${way}; those that have one are ${REACHED_BY[way].join(", ")}`;
  if (way === "localhost" && from !== "server" && from !== "sidecar")
    return `localhost of ${from} is not that of ${to}`;
  if (way === "Service name" && !PODS.includes(from))
    return `${from} is no pod of this cluster, and only those know names of Services`;
  if (tool !== usual && tool !== "ping") return `${to} answers ${usual}, not ${tool}`;
  if (way === "nodeIP" && tool !== "ping") return 'on a node nothing of ours listens; add "with ping"';
  return null;
}

const PODS: readonly Role[] = ["server", "sidecar", "same", "other", "third"];

/** The further clusters that a path needs. Throws UsageError as parsePath does. Pure. */
export function peersOn(text: string): readonly Peer[] {
  const { from, to } = parsePath(text);
  return PEERS.filter((peer) => peer === from || peer === to);
}

/** Whether a path begins or ends on the third node. Throws UsageError as parsePath does. Pure. */
export function isOnThird(text: string): boolean {
  const { from, to } = parsePath(text);
  return ON_THIRD.some((role) => role === from || role === to);
}

/** Whether a path asks the balancer. Throws UsageError as parsePath does. Pure. */
export function isToBalancer(text: string): boolean {
  return parsePath(text).to === "balancer";
}

/** CoreDNS and the balancer are only ever asked. */
const SENDERS = ROLES.filter((role) => !role.startsWith("dns") && role !== "balancer");

const REACHED_BY: Readonly<Record<Way, readonly Role[]>> = {
  podIP: ["server", "sidecar", "same", "other", "third", "dnsA", "dnsB", ...PEERS],
  ClusterIP: ["server", "dns"],
  "Service name": ["server"],
  NodePort: ["server"],
  nodeIP: ["hostA", "hostB", "hostC"],
  localhost: ["server", "sidecar"],
  "port 80": ["balancer"],
  "port 443": ["balancer"],
};

function oneOf<T extends string>(known: readonly T[], word: string | undefined, text: string): T {
  const found = known.find((one) => one === word);
  if (found === undefined) throw new UsageError(`path "${text}": "${word}" is none of ${known.join(", ")}`);
  return found;
}
