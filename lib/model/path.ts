import type { Family } from "./cell.ts";
import { UsageError } from "../host/errors.ts";

/**
 * The senders and destinations of paths.
 * - `same`, `server`, `hostA` and `dnsA` are on node A; `other`, `hostB` and `dnsB` on node B.
 * - `third` and `hostC` are on node C, which exists only if a scenario names one of them.
 * - `sidecar` is the second container of the server's pod.
 * - `dns` is the cluster's DNS Service.
 * - `outside` is a container that is not a node.
 * - `peer` is a pod of a further cluster, joined to this one by routes, with another pod CIDR.
 * - `twin` is a pod of a further cluster with the same pod CIDR. It has the address of `other`.
 * - `balancer` is the process in the container `outside` that stands for a cloud's load balancer; it sends nothing.
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

/** Roles in a cluster of their own, which is made only if a scenario names them. */
export const PEERS = ["peer", "twin"] as const satisfies readonly Role[];
export type Peer = (typeof PEERS)[number];

/** Roles on a third node, which the cluster has only if a scenario names them. */
export const ON_THIRD = ["third", "hostC"] as const satisfies readonly Role[];

/** How a path addresses its destination. `port 80` and `port 443` are the two ports of the balancer's address. */
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

/** A path from a role to a role, with its way and tool. It has no addresses, so runs on two clusters compare. */
export interface Path {
  readonly from: Role;
  readonly to: Role;
  readonly way: Way;
  readonly tool: Tool;
  /** Absent for the cell's first family. */
  readonly family?: Family;
}

const SHAPE = /^(\w+) → (\w+) by (?:(IPv[46]) )?([A-Za-z ]+?(?: \d+)?)(?: with (\w+))?$/;

/**
 * Parses `same → server by ClusterIP` (with curl, or dig if the destination is a DNS role), `… by IPv6 ClusterIP` or
 * `… with ping`. Throws UsageError naming the unknown word, or the reason that the path cannot exist.
 */
export function parsePath(text: string): Path {
  const parts = SHAPE.exec(text);
  if (!parts) throw new UsageError(`path "${text}" is not of the form "from → to by [IPv4|IPv6] way [with tool]"`);
  const [, from, to, family, way, tool] = parts;
  const destination = wordOf(ROLES, to, text);
  const usual: Tool = destination.startsWith("dns") ? "dig" : "curl";
  const path: Path = {
    from: wordOf(SENDERS, from, text),
    to: destination,
    way: wordOf(WAYS, way, text),
    tool: tool === undefined ? usual : wordOf(TOOLS, tool, text),
    ...(family === undefined ? {} : { family: family as Family }),
  };
  const reason = whyNot(path, usual);
  if (reason !== null) throw new UsageError(`path "${text}": ${reason}`);
  return path;
}

/** Returns why a path cannot exist; null if it can. */
function whyNot({ from, to, way, tool }: Path, usual: Tool): string | null {
  if (!REACHED_BY[way].includes(to)) return `${to} has no ${way}; roles with one: ${REACHED_BY[way].join(", ")}`;
  if (way === "localhost" && from !== "server" && from !== "sidecar")
    return `${from} and ${to} do not share a localhost`;
  if (way === "Service name" && !PODS.includes(from))
    return `${from} is not a pod of this cluster, and only those resolve Service names`;
  if (tool !== usual && tool !== "ping") return `${to} answers ${usual}, not ${tool}`;
  if (way === "nodeIP" && tool !== "ping") return 'no role listens on a node; add "with ping"';
  return null;
}

const PODS: readonly Role[] = ["server", "sidecar", "same", "other", "third"];

/** Returns the further clusters that a path needs. Throws UsageError as parsePath does. Pure. */
export function peersOn(text: string): readonly Peer[] {
  const { from, to } = parsePath(text);
  return PEERS.filter((peer) => peer === from || peer === to);
}

/** Returns true if a path begins or ends on node C. Throws UsageError as parsePath does. Pure. */
export function isOnThird(text: string): boolean {
  const { from, to } = parsePath(text);
  return ON_THIRD.some((role) => role === from || role === to);
}

/** Returns true if a path ends at the balancer. Throws UsageError as parsePath does. Pure. */
export function isToBalancer(text: string): boolean {
  return parsePath(text).to === "balancer";
}

/** CoreDNS and the balancer are destinations only. */
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

function wordOf<T extends string>(known: readonly T[], word: string | undefined, text: string): T {
  const match = known.find((each) => each === word);
  if (match === undefined) throw new UsageError(`path "${text}": unknown word "${word}", use ${known.join(", ")}`);
  return match;
}
