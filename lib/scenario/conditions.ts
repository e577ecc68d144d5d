/** What claims depend on: traits, never a CNI's name. Suites import it through lib/scenario/spec.ts. */
import { familiesOf, type Family } from "../model/cell.ts";
import type { Claimed } from "../model/expectation.ts";
import type { Fault } from "../faults/registry.ts";
import type { CellContext, Conditional, SelfHealing } from "./spec.ts";
import { resyncOf, type Resync, type Traits } from "../model/traits.ts";

/** Beyond the longest time between two looks: an agent that sees that something is missing still has to write it. */
const WRITING_MS = 3000;

/** `where(hasBridge, "connect-timeout").otherwise("ok")`: keyed by traits, never by a CNI's name. */
export function where(
  test: (context: CellContext) => boolean,
  claimed: Claimed,
): { otherwise(other: Claimed): Conditional } {
  return { otherwise: (other) => (context) => (test(context) ? claimed : other) };
}

/** Pods of a node are joined by a Linux bridge. */
export function hasBridge({ traits }: CellContext): boolean {
  return traits.bridge !== null;
}

/** The kernel forwards pods' packets, through routing and netfilter; no BPF passes them by. */
export function hasKernelDataplane({ traits }: CellContext): boolean {
  return traits.dataplane === "kernel";
}

/** kube-proxy translates ClusterIPs for pods. */
export function hasKubeProxyForPods({ traits }: CellContext): boolean {
  return traits.podClusterIps === "kube-proxy";
}

/** `where(isForwardAcceptedBy("nobody"), …)`: who sees to it that pods pass a FORWARD chain whose policy is DROP. */
export function isForwardAcceptedBy(whom: Traits["forwardAcceptedBy"]): (context: CellContext) => boolean {
  return ({ traits }) => traits.forwardAcceptedBy === whom;
}

/** kube-proxy balances by ipvs, whatever it schedules by. */
export function isIpvs({ cell }: CellContext): boolean {
  return cell.proxyMode === "ipvs" || cell.proxyMode === "ipvs-sh";
}

/** For `skipWhen`, of claims about a share of the connections that one client makes to a Service. */
export function whyNotSpread({ cell }: CellContext): string | null {
  if (cell.proxyMode !== "ipvs-sh") return null;
  return "kube-proxy picks by the client's address (ipvs, sh): what one client sends meets one replica, all of it";
}

/** Something enforces NetworkPolicies. */
export function enforcesNetworkPolicy({ traits }: CellContext): boolean {
  return traits.networkPolicy;
}

/** The overlay finds its other ends by neighbours, so by their MAC addresses. */
export function hasVtepNeighbours({ traits }: CellContext): boolean {
  return traits.overlay?.endpointsIn === "neighbours";
}

/** Where an agent puts `what` back, all is well afterwards; elsewhere `claimed` lasts. */
export function lostUnless(what: Resync["what"], claimed: Claimed): Conditional {
  return ({ traits }) => (resyncOf(traits, what) ? "ok" : claimed);
}

/**
 * For `healsItself`: where an agent puts `what` back, it undoes the fault of this kind at its next look; `meanwhile`: what each path must have shown until then.
 */
export function healedBy(
  what: Resync["what"],
  kind: Fault["kind"],
  meanwhile: SelfHealing["meanwhile"],
): (context: CellContext) => SelfHealing | null {
  return ({ traits }) => {
    const agent = resyncOf(traits, what);
    return agent ? { by: agent.by, kind, withinMs: agent.everyMs + WRITING_MS, meanwhile } : null;
  };
}

/** Pod traffic between nodes is encapsulated. */
export function hasOverlay({ traits }: CellContext): boolean {
  return traits.overlay !== null;
}

/** Linux' own default (drivers/net/vxlan, module parameter udp_port), which most VXLAN CNIs keep: what one would block where there is no overlay to ask. */
const VXLAN_PORT = 8472;

/** The UDP port of the cell's overlay; where it has none, the one that an overlay would most likely have. */
export function overlayPort({ overlay }: Traits): number {
  return overlay?.udpPort ?? VXLAN_PORT;
}

/** `has("IPv6")`: the cell has this IP family, alone or beside the other. */
export function has(family: Family): (context: CellContext) => boolean {
  return ({ cell }) => familiesOf(cell).includes(family);
}

/** `isPlain("IPv6")`: a way without a family's name is of this one. */
export function isPlain(family: Family): (context: CellContext) => boolean {
  return ({ cell }) => familiesOf(cell)[0] === family;
}

/** `byOverlayDevice("IPv6")`: this family is carried by the device that the trait names first, and by none of its own. */
export function byOverlayDevice(family: Family): (context: CellContext) => boolean {
  return (context) => isPlain(family)(context) || context.traits.overlay?.secondDevice === undefined;
}

/** `bothOf(hasBridge, isPlain("IPv4"))`. */
export function bothOf(
  one: (context: CellContext) => boolean,
  other: (context: CellContext) => boolean,
): (context: CellContext) => boolean {
  return (context) => one(context) && other(context);
}
