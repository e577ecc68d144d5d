import { UPLINK_MTU_BYTES, resyncOf, type Overlay, type Traits } from "../../lib/model/traits.ts";
import type { TraitFacts } from "./node-facts.ts";

/** A trait that does not hold on a node. */
export interface Deviation {
  readonly trait: string;
  readonly expected: string;
  readonly found: string;
}

/** Further facts of the cluster. */
export interface Probed {
  /** Addresses of pods that have just reached the Service from this node. */
  readonly clients: readonly string[];
  readonly serviceIp: string;
}

/**
 * Returns the traits that a node's facts contradict. Some traits are not visible on a node and are measured by suites:
 * networkPolicy (services/networkpolicy-deny-all), the effect of a FORWARD policy (nodes/forward-drop), and the resync
 * intervals (the suite that removes the object). Pure.
 */
export function deviations(traits: Traits, facts: TraitFacts, probed: Probed): readonly Deviation[] {
  const checks: readonly (readonly [trait: string, expected: string, found: string])[] = [
    ["bridge", traits.bridge ?? "none", bridgeOf(facts)],
    ["overlay", overlayInWords(traits.overlay), overlaysOf(facts)],
    ["podMtuBytes", String(expectedMtuBytes(traits, facts)), each(facts.pods.map(({ mtuBytes }) => String(mtuBytes)))],
    ["dataplane", traits.dataplane, dataplaneOf(facts)],
    ["podClusterIps", traits.podClusterIps, whoTranslates(facts, probed)],
    ...agentsRules(traits, facts),
  ];
  return checks
    .filter(([, expected, found]) => expected !== found)
    .map(([trait, expected, found]) => ({ trait, expected, found }));
}

function bridgeOf({ pods, links }: TraitFacts): string {
  const masters = pods.map(
    ({ host }) => links.find(({ name, kind }) => name === host?.master && kind === "bridge")?.name,
  );
  return each(masters.map((name) => name ?? "none"));
}

function overlayInWords(overlay: Overlay | null): string {
  if (overlay === null) return "none";
  const { kind, device, secondDevice, udpPort, endpointsIn } = overlay;
  const devices = [device, ...(secondDevice === undefined ? [] : [secondDevice])];
  return each(devices.map((name) => tunnelInWords(kind, name, udpPort, endpointsIn)));
}

function overlaysOf({ links }: TraitFacts): string {
  const tunnels = links.flatMap(({ kind, name, tunnel }) =>
    tunnel ? [tunnelInWords(kind ?? "", name, tunnel.udpPort, tunnel.isExternal ? "metadata" : "neighbours")] : [],
  );
  return each(tunnels);
}

function tunnelInWords(kind: string, device: string, udpPort: number | null, endpointsIn: string): string {
  return `${kind} ${device}, UDP ${udpPort}, endpoints in ${endpointsIn}`;
}

/** Returns the pods' MTU for this uplink: an overlay takes the same number of bytes on any. */
function expectedMtuBytes({ podMtuBytes }: Traits, { uplinkMtuBytes }: TraitFacts): number {
  return podMtuBytes + (uplinkMtuBytes ?? UPLINK_MTU_BYTES) - UPLINK_MTU_BYTES;
}

function dataplaneOf({ pods, bpfDevices }: TraitFacts): string {
  return each(pods.map(({ host }) => (bpfDevices.has(host?.name ?? "") ? "ebpf" : "kernel")));
}

/**
 * Returns the translator of Service addresses. The kernel tracks kube-proxy's translations, with an answer from another
 * address than the one called. BPF translates before the kernel sees the packet.
 */
function whoTranslates({ connections }: TraitFacts, { clients, serviceIp }: Probed): string {
  return each(
    clients.map((client) => {
      const tracked = connections.some(({ from, answeredBy }) => from === client && answeredBy !== serviceIp);
      return tracked ? "kube-proxy" : "ebpf";
    }),
  );
}

/** Returns the checks of the rules that the agent keeps in place. */
function agentsRules(traits: Traits, { rules }: TraitFacts): readonly (readonly [string, string, string])[] {
  const forward = resyncOf(traits, "forward-rule");
  const input = resyncOf(traits, "first-in-input");
  const leadsTo = (line: string) => / -j (\S+)/.exec(line)?.[1] ?? "nothing";
  const targets = (chain: string) => rules.filter((line) => line.startsWith(`-A ${chain} `)).map(leadsTo);
  const isThere = (target: string) => (targets("FORWARD").includes(target) ? target : "none");
  return [
    ...(forward ? [["resyncs: rule of FORWARD", forward.rule.target, isThere(forward.rule.target)] as const] : []),
    ...(input ? [["resyncs: first in INPUT", input.target, targets("INPUT")[0] ?? "none"] as const] : []),
  ];
}

/** Joins the distinct values: one word where all are the same. */
function each(all: readonly string[]): string {
  return [...new Set(all)].sort().join(" and ") || "none";
}
