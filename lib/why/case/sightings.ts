import { readCapture } from "../../evidence/pcap/capture.ts";
import { packetsOf } from "../../evidence/pcap/packets-of.ts";
import type { Direction, Packet } from "../../evidence/pcap/packet.ts";
import { packetWords } from "../../evidence/pcap/words.ts";
import type { Interface } from "../../evidence/interfaces.ts";

/** A packet seen at a device of a node. A packet inside a tunnel is a sighting of its own at the same device. */
export interface Sighting {
  readonly node: string;
  readonly device: string;
  /** The pod at the other end of the device (`same`); null without one. */
  readonly peer: string | null;
  /** A packet that a bridge switches on has direction `other-host` where it comes in. */
  readonly direction: Direction | null;
  /** The node's wall clock, ms since the epoch. */
  readonly atMs: number;
  readonly packet: Packet;
  /** The packet that carries it; null when it is itself on the wire. */
  readonly carrier: Packet | null;
}

/** Returns all packets of a node's capture. Unreadable data ends the list and is the `problem`. Pure. */
export function sightingsOf(
  node: string,
  bytes: Uint8Array,
  interfaces: readonly Interface[],
): { readonly found: readonly Sighting[]; readonly problem: string | null } {
  const byIndex = new Map(interfaces.map((one) => [one.index, one]));
  const found: Sighting[] = [];
  try {
    const { packets, damage } = readCapture(bytes);
    for (const { packet, direction, interfaceIndex, atNs } of packets) {
      const device = byIndex.get(interfaceIndex ?? -1);
      const place = { node, device: device?.name ?? `index ${interfaceIndex}`, peer: roleOf(device?.peer) };
      const [outer, ...inner] = packetsOf(packet);
      const seen = { ...place, direction, atMs: Number(atNs) / 1e6 };
      if (outer) found.push({ ...seen, packet: outer, carrier: null });
      found.push(...inner.map((one) => ({ ...seen, packet: one, carrier: packet })));
    }
    return { found, problem: damage ? `it ends at byte ${damage.offset}: ${damage.kind}` : null };
  } catch (error) {
    return { found, problem: (error as Error).message };
  }
}

/** Returns the pod of a peer: `same eth0` gives `same`. */
function roleOf(peer: string | null | undefined): string | null {
  return peer?.split(" ")[0] ?? null;
}

/** Returns a line of evidence: `A.pcap: 10.244.1.3:10690 → 10.96.176.77:80 TCP S on veth4f4bdc17 (same), coming in`. */
export function sightingWords({ node, device, peer, direction, packet, carrier }: Sighting): string {
  const by = `${device}${peer === null ? "" : ` (${peer})`}`;
  const way = direction === "out" ? "going out" : "coming in";
  return `${node}.pcap: ${packetWords(packet)} on ${by}${carrier ? " in the tunnel" : ""}, ${way}`;
}

/** Returns true for a packet that came in, or whose direction is unknown. */
export function isIncoming({ direction }: Sighting): boolean {
  return direction !== "out";
}
