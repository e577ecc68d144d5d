import type { Packet } from "./packet.ts";

/** Who speaks to whom: what packets at several places are matched by. */
export interface Flow {
  readonly family: 4 | 6;
  readonly source: string;
  readonly destination: string;
  readonly protocol: "tcp" | "udp" | "icmp" | "other";
  /** Null for what has no ports, and for later fragments. */
  readonly sourcePort: number | null;
  readonly destinationPort: number | null;
}

/** The flow of the outermost IP packet; null where there is none (ARP). */
export function flowOf({ network, transport }: Packet): Flow | null {
  if (network?.kind !== "ip") return null;
  const { family, source, destination } = network;
  const hasPorts = transport && transport.kind !== "icmp";
  return {
    ...{ family, source, destination, protocol: transport?.kind ?? "other" },
    sourcePort: hasPorts ? transport.sourcePort : null,
    destinationPort: hasPorts ? transport.destinationPort : null,
  };
}

/** A packet and those its tunnels carry, the outermost first. */
export function packetsOf(packet: Packet): readonly Packet[] {
  return packet.inner ? [packet, ...packetsOf(packet.inner)] : [packet];
}

/** The packet an ICMP error is about. */
export function originalOf({ transport }: Packet): Packet | null {
  return transport?.kind === "icmp" ? (transport.original ?? null) : null;
}

export function reversed(flow: Flow): Flow {
  return {
    ...flow,
    source: flow.destination,
    destination: flow.source,
    sourcePort: flow.destinationPort,
    destinationPort: flow.sourcePort,
  };
}

export function isSameFlow(a: Flow, b: Flow): boolean {
  return (
    a.family === b.family &&
    a.source === b.source &&
    a.destination === b.destination &&
    a.protocol === b.protocol &&
    a.sourcePort === b.sourcePort &&
    a.destinationPort === b.destinationPort
  );
}
