import type { Packet } from "./packet.ts";

/** The addresses and ports by which packets at several places are matched. */
export interface Flow {
  readonly family: 4 | 6;
  readonly source: string;
  readonly destination: string;
  readonly protocol: "tcp" | "udp" | "icmp" | "other";
  /** Null for a protocol without ports, and for later fragments. */
  readonly sourcePort: number | null;
  readonly destinationPort: number | null;
}

/** Returns the flow of the outermost IP packet; null without one (ARP). */
export function flowOf({ network, transport }: Packet): Flow | null {
  if (network?.kind !== "ip") return null;
  const { family, source, destination } = network;
  const hasPorts = transport && transport.kind !== "icmp";
  return {
    family,
    source,
    destination,
    protocol: transport?.kind ?? "other",
    sourcePort: hasPorts ? transport.sourcePort : null,
    destinationPort: hasPorts ? transport.destinationPort : null,
  };
}

/** Returns a packet and those inside its tunnels, the outermost first. */
export function packetsOf(packet: Packet): readonly Packet[] {
  return packet.inner ? [packet, ...packetsOf(packet.inner)] : [packet];
}

/** Returns the packet that an ICMP error is about, or null. */
export function originalOf({ transport }: Packet): Packet | null {
  return transport?.kind === "icmp" ? (transport.original ?? null) : null;
}

/** Returns the flow in the other direction. */
export function reversed(flow: Flow): Flow {
  return {
    ...flow,
    source: flow.destination,
    destination: flow.source,
    sourcePort: flow.destinationPort,
    destinationPort: flow.sourcePort,
  };
}

/** Returns true when all parts of two flows are equal. */
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
