/** Conditions for claims. They read traits and the cell, never a CNI's name. Suites import them through spec.ts. */
import { familiesOf, type Family } from "../model/cell.ts";
import type { Claimed } from "../model/expectation.ts";
import type { Fault } from "../faults/registry.ts";
import type { CellContext, Conditional, SelfHealing } from "./spec.ts";
import { resyncOf, type Resync, type Traits } from "../model/traits.ts";

/**
 * Time that an agent needs to write a repair after it has seen the damage, added to its longest time between two
 * looks.
 */
const REPAIR_WRITE_MS = 3000;

/** Returns a claim that depends on a condition: `where(hasBridge, "connect-timeout").otherwise("ok")`. */
export function where(
  test: (context: CellContext) => boolean,
  claimed: Claimed,
): { otherwise(other: Claimed): Conditional } {
  return { otherwise: (other) => (context) => (test(context) ? claimed : other) };
}

/** Returns true if a Linux bridge joins a node's pods. */
export function hasBridge({ traits }: CellContext): boolean {
  return traits.bridge !== null;
}

/**
 * Returns true if the kernel forwards pods' packets through routing and netfilter, and no BPF program bypasses them.
 */
export function hasKernelDataplane({ traits }: CellContext): boolean {
  return traits.dataplane === "kernel";
}

/**
 * Returns why no route to a pod's address can be added on the pod's own node, or null if one can. For `notOnOtherNode`.
 * Without a bridge each pod has a link and a route of its own there, and the route fault replaces no other's route.
 */
export function whyNoRouteOnOwnNode({ traits }: CellContext): string | null {
  if (traits.bridge !== null || traits.dataplane !== "kernel") return null;
  return "the pod's own node has a route to exactly its address already: each pod has a link of its own there";
}

/** Returns true if kube-proxy translates ClusterIPs for pods. */
export function hasKubeProxyForPods({ traits }: CellContext): boolean {
  return traits.podClusterIps === "kube-proxy";
}

/** Returns a condition on how pods pass a FORWARD chain with policy DROP: `where(isForwardAcceptedBy("none"), …)`. */
export function isForwardAcceptedBy(means: Traits["forwardAcceptedBy"]): (context: CellContext) => boolean {
  return ({ traits }) => traits.forwardAcceptedBy === means;
}

/** Returns true if kube-proxy balances by ipvs, with any scheduler. */
export function isIpvs({ cell }: CellContext): boolean {
  return cell.proxyMode === "ipvs" || cell.proxyMode === "ipvs-sh";
}

/**
 * Returns why a client's connections to a Service do not spread over its replicas, or null if they do. For `skipWhen`
 * of claims about a share of one client's connections.
 */
export function whyNotSpread({ cell }: CellContext): string | null {
  if (cell.proxyMode !== "ipvs-sh") return null;
  return "kube-proxy picks by the client's address (ipvs, sh): all connections of one client reach one replica";
}

/** Returns true if the CNI enforces NetworkPolicies. */
export function enforcesNetworkPolicy({ traits }: CellContext): boolean {
  return traits.networkPolicy;
}

/** Returns true if the overlay finds its remote ends by neighbour entries, and so by their MAC addresses. */
export function hasVtepNeighbours({ traits }: CellContext): boolean {
  return traits.overlay?.endpointsIn === "neighbours";
}

/** Returns a claim that is ok in cells where an agent restores `what`, and `claimed` elsewhere. */
export function lostUnless(what: Resync["what"], claimed: Claimed): Conditional {
  return ({ traits }) => (resyncOf(traits, what) ? "ok" : claimed);
}

/**
 * Returns a function for `healsItself`: in cells where an agent restores `what`, it undoes the fault of this kind at
 * its next look. `meanwhile` holds the symptoms that each path must have shown before.
 */
export function healedBy(
  what: Resync["what"],
  kind: Fault["kind"],
  meanwhile: SelfHealing["meanwhile"],
): (context: CellContext) => SelfHealing | null {
  return ({ traits }) => {
    const agent = resyncOf(traits, what);
    return agent ? { by: agent.by, kind, withinMs: agent.everyMs + REPAIR_WRITE_MS, meanwhile } : null;
  };
}

/** Returns true if pod traffic between nodes is encapsulated. */
export function hasOverlay({ traits }: CellContext): boolean {
  return traits.overlay !== null;
}

/** Linux's default (drivers/net/vxlan, module parameter udp_port), which most VXLAN CNIs keep. */
const VXLAN_PORT = 8472;

/** Returns the UDP port of the cell's overlay; in a cell without one, the port that most overlays use. */
export function overlayPort({ overlay }: Traits): number {
  return overlay?.udpPort ?? VXLAN_PORT;
}

/** Returns a condition: `isPlain("IPv6")` holds if a way that names no family means this one. */
export function isPlain(family: Family): (context: CellContext) => boolean {
  return ({ cell }) => familiesOf(cell)[0] === family;
}

/**
 * Returns a condition: `byOverlayDevice("IPv6")` holds if the overlay's first device carries this family, rather than
 * a second device.
 */
export function byOverlayDevice(family: Family): (context: CellContext) => boolean {
  return (context) => isPlain(family)(context) || context.traits.overlay?.secondDevice === undefined;
}

/** Returns a condition that holds if both do: `bothOf(hasBridge, isPlain("IPv4"))`. */
export function bothOf(
  first: (context: CellContext) => boolean,
  second: (context: CellContext) => boolean,
): (context: CellContext) => boolean {
  return (context) => first(context) && second(context);
}
