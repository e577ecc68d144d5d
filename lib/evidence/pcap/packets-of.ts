import type { Packet } from "./packet.ts";

/** Returns a packet and those inside its tunnels, the outermost first. */
export function packetsOf(packet: Packet): readonly Packet[] {
  return packet.inner ? [packet, ...packetsOf(packet.inner)] : [packet];
}
