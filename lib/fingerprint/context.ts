import type { Fingerprint, Item } from "./fingerprint.ts";
import { expiringSetsOf, type ExpiringSets } from "./kernel-rules.ts";

/**
 * Entries that came or went between two fingerprints, seen from one of them: the basis on which rules recognise an
 * agent's own work.
 */
export interface Context extends ExpiringSets {
  /** Pod devices that only this side has. */
  readonly podDevices: ReadonlySet<string>;
  /** True when either side has a pod device that the other lacks. */
  readonly podsMoved: boolean;
  /** `DEVICE ADDRESS` of each device on this side. */
  readonly linkAddresses: ReadonlySet<string>;
  /** kube-proxy's per-endpoint chains (iptables or nftables) that only this side has. */
  readonly endpointChains: ReadonlySet<string>;
  /** Service chains that lead to one of those chains. */
  readonly movedServices: ReadonlySet<string>;
  /** Service chains in kube-proxy's nftables tables that are empty here, but full or missing on the other side. */
  readonly emptiedChains: ReadonlySet<string>;
  /** ipvs destinations (`10.244.0.2:53`) that only this side has. */
  readonly ipvsEndpoints: ReadonlySet<string>;
  /** Members of Calico's selector sets (`SET MEMBER`) that only this side has. */
  readonly selectorMembers: ReadonlySet<string>;
}

/** Returns the context of `here` against `there`. Pure. */
export function contextOf(here: Fingerprint, there: Fingerprint): Context {
  const only = (pick: (fingerprint: Fingerprint) => Set<string>): Set<string> => {
    const others = pick(there);
    return new Set([...pick(here)].filter((name) => !others.has(name)));
  };
  const endpointChains = only(endpointChainsOf);
  const leads = here.items.filter((item) => endpointsNamed(item.text).some((name) => endpointChains.has(name)));
  return {
    podDevices: only(podDevicesOf),
    podsMoved: [...podDevicesOf(here)].sort().join(" ") !== [...podDevicesOf(there)].sort().join(" "),
    linkAddresses: linkAddressesOf(here),
    endpointChains,
    movedServices: new Set(leads.map(({ scope }) => scope)),
    emptiedChains: only(emptyServiceChainsOf),
    ipvsEndpoints: only(ipvsEndpointsOf),
    selectorMembers: only(selectorMembersOf),
    expiringSets: expiringSetsOf(here),
  };
}

/** Returns the names of per-endpoint chains in a text. */
export function endpointsNamed(text: string): readonly string[] {
  return [...text.matchAll(ENDPOINT)].map(([name]) => name);
}

/**
 * kube-proxy's names: `KUBE-SEP-` and 16 characters of base32; in nftables mode
 * `endpoint-HASH-ns/service/protocol/port__IP/port`, with a set beside it.
 */
export const ENDPOINT = /\bKUBE-SEP-[A-Z0-9]{16}\b|\b(?:endpoint|affinity)-[A-Z0-9]{8}-[^\s,]+/g;

/** `-r 10.244.0.2:53` of ipvsadm -Sn. */
export const IPVS_DESTINATION = /(?<= -r )\S+/;

function podDevicesOf({ items }: Fingerprint): Set<string> {
  const names = items.map(({ section, scope }) => (section === "link" ? PEER_ELSEWHERE.exec(scope)?.[1] : undefined));
  return new Set(names.filter((name) => name !== undefined));
}

function linkAddressesOf({ items }: Fingerprint): Set<string> {
  const links = items.filter(({ section, scope }) => section === "link" && scope.endsWith(" address"));
  return new Set(links.map(({ scope, text }) => `${scope.split(" ")[0]} ${text}`));
}

/** A veth whose peer is in another namespace, with a name that CNIs give: eth0 of a kind node does not match. */
const PEER_ELSEWHERE = /^((?:veth|cali|lxc)\S*) link_netnsid$/;

function endpointChainsOf({ items }: Fingerprint): Set<string> {
  return new Set(items.flatMap((item) => endpointsOf(item)));
}

/** Returns an item's chain if it is an endpoint's. */
export function endpointsOf({ section, scope }: Item): readonly string[] {
  return section.includes("tables") || section === "nft" ? endpointsNamed(scope) : [];
}

/**
 * `ip kube-proxy chain service-HASH-ns/service/protocol/port`: chains with a slash are kube-proxy's own
 * (isServiceChainName, pkg/proxy/nftables).
 */
const SERVICE_CHAIN = /^ip6? kube-proxy chain \S+\//;

function emptyServiceChainsOf({ items }: Fingerprint): Set<string> {
  const ofServices = items.filter(({ section, scope }) => section === "nft" && SERVICE_CHAIN.test(scope));
  const chains = Map.groupBy(ofServices, ({ scope }) => scope);
  return new Set([...chains].filter(([, facts]) => facts.length === 1).map(([scope]) => scope));
}

function ipvsEndpointsOf({ items }: Fingerprint): Set<string> {
  const endpoints = items.map(({ section, text }) =>
    section === "ipvs" ? IPVS_DESTINATION.exec(text)?.[0] : undefined,
  );
  return new Set(endpoints.filter((endpoint) => endpoint !== undefined));
}

/** Felix names a selector's set `cali40s:HASH`, in IPv6 `cali60s:HASH`; other sets hold pools and hosts. */
export const SELECTOR_SET = /^cali[46]0s:/;

/** Returns a set's member as `SET MEMBER`. */
export function memberOf({ scope, text }: Item): string {
  return `${scope} ${text}`;
}

function selectorMembersOf({ items }: Fingerprint): Set<string> {
  const members = items.filter((item) => item.section === "ipset" && item.unordered && SELECTOR_SET.test(item.scope));
  return new Set(members.map(memberOf));
}
