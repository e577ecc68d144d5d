import { z } from "zod";
import { allAddresses, BALANCER_PORTS, ROLE_PORTS } from "../model/address.ts";
import type { Whereabouts } from "../model/cluster.ts";
import { addressSchema, portSchema } from "../faults/contract/values.ts";

/**
 * The traffic of a node that is evidence: flows between these addresses and ports, ARP, ICMP, and the overlay's copies.
 */
export interface Flows {
  readonly addresses: readonly string[];
  readonly ports: readonly number[];
  /** UDP port of the overlay; null when there is none. */
  readonly overlayPort: number | null;
}

const flowsSchema = z.strictObject({
  addresses: z.array(addressSchema).min(1).max(64),
  ports: z.array(portSchema).min(1).max(16),
  overlayPort: portSchema.nullable(),
});

/** Ports of the API server, etcd and the kubelet: their traffic is never evidence. */
const NEVER = [6443, 2379, 2380, 10250] as const;

/** The flows of a cluster's roles: their pods, Services and nodes. */
export function flowsOf(where: Whereabouts): Flows {
  const { cluster } = where;
  // 443 is also where pods call the API server: only where there is a balancer to be asked by it.
  const balancerPorts = cluster.balancer ? Object.values(BALANCER_PORTS) : [];
  return {
    addresses: allAddresses(where),
    ports: [...new Set([...Object.values(ROLE_PORTS), cluster.nodePort, ...balancerPorts])],
    overlayPort: cluster.traits.overlay?.udpPort ?? null,
  };
}

/** tcpdump's filter, a word each (pcap-filter(7)). Throws ZodError for what is no address or port. Pure. */
export function captureFilter(flows: Flows): readonly string[] {
  const { addresses, ports, overlayPort } = flowsSchema.parse(flows);
  const ours = [
    ...["(", ...anyOf(addresses.map((address) => ["host", address])), ")", "and"],
    ...["(", ...anyOf(ports.map((port) => ["port", String(port)])), ")"],
  ];
  const wanted = [["arp"], ["icmp"], ["icmp6"], ["(", ...ours, ")"]];
  if (overlayPort !== null) wanted.push(["(", ...overlayFilter(overlayPort, ports), ")"]);
  const never = NEVER.map((port) => ["tcp", "port", String(port)]);
  return ["(", ...anyOf(wanted), ")", "and", "not", "(", ...anyOf(never), ")"];
}

/** Bytes before the inner frame's EtherType: UDP, VXLAN, and two hardware addresses. */
const TO_ETHER_TYPE = 8 + 8 + 12;

/** Inner IPv4 without options, and inner IPv6 without extension headers, from the outer UDP header's first byte. */
const INNER = [
  { etherType: 0x0800, protocolAt: TO_ETHER_TYPE + 2 + 9, portsAt: TO_ETHER_TYPE + 2 + 20 },
  { etherType: 0x86dd, protocolAt: TO_ETHER_TYPE + 2 + 6, portsAt: TO_ETHER_TYPE + 2 + 40 },
] as const;

/**
 * Filters the overlay's packets: all but TCP and UDP of other ports. Unexpected packets in the overlay are evidence
 * too.
 */
function overlayFilter(overlayPort: number, ports: readonly number[]): readonly string[] {
  // udp[…] is IPv4's only.
  const readers = [
    (at: number, bytes: number) => `udp[${at}:${bytes}]`,
    (at: number, bytes: number) => `ip6[${40 + at}:${bytes}]`,
  ];
  const foreign = readers.flatMap((read) =>
    INNER.map(({ etherType, protocolAt, portsAt }) => {
      const known = [portsAt, portsAt + 2].flatMap((at) => ports.map((port) => [read(at, 2), "=", String(port)]));
      const isTcpOrUdp = ["(", read(protocolAt, 1), "=", "6", "or", read(protocolAt, 1), "=", "17", ")"];
      const inner = [read(TO_ETHER_TYPE, 2), "=", String(etherType), "and", ...isTcpOrUdp];
      return ["(", ...inner, "and", "not", "(", ...anyOf(known), ")", ")"];
    }),
  );
  return ["udp", "port", String(overlayPort), "and", "not", "(", ...anyOf(foreign), ")"];
}

function anyOf(terms: readonly (readonly string[])[]): readonly string[] {
  return terms.flatMap((term, index) => (index === 0 ? term : ["or", ...term]));
}

/**
 * Returns the words that select our flows in `conntrack -L`: a line must contain one port and one host. Throws ZodError
 * as captureFilter does. Pure.
 */
export function conntrackWords(flows: Flows): { readonly ports: readonly string[]; readonly hosts: readonly string[] } {
  const { addresses, ports, overlayPort } = flowsSchema.parse(flows);
  const all = overlayPort === null ? ports : [...ports, overlayPort];
  // The blank after it keeps 80 from being 8080.
  const words = all.flatMap((port) => [`sport=${port} `, `dport=${port} `]);
  return { ports: [...words, "icmp"], hosts: addresses };
}

const podsSchema = z.record(z.string().regex(/^[a-zA-Z0-9-]{1,63}$/), z.int().min(1));

/**
 * Returns each pod's role and the owner of its network namespace, as the scripts take them. Throws ZodError for an
 * invalid name or process id. Pure.
 */
export function podWords(pods: Readonly<Record<string, number>>): readonly (readonly [string, string])[] {
  return Object.entries(podsSchema.parse(pods)).map(([role, pid]) => [role, String(pid)] as const);
}
