import { icmpName } from "../../evidence/pcap/icmp-names.ts";
import { TCP_FLAG, type Packet } from "../../evidence/pcap/packet.ts";
import { isIncoming, type Sighting } from "./sightings.ts";
import type { Trace } from "./trace.ts";

/** The sender that ended a flow, and its means. */
export interface Refusal {
  readonly what: "RST" | "ICMP";
  /** In words: `RST`, `ICMP port unreachable`. */
  readonly words: string;
  readonly by: { readonly kind: "pod" | "node" | "elsewhere"; readonly name: string };
  readonly node: string;
  readonly sighting: Sighting;
}

/**
 * Returns the first RST or ICMP error of a flow with its sender, taken from the device that saw it first; null without
 * one. Pure.
 */
export function refusalOf({ request, reply, errors }: Trace): Refusal | null {
  const resets = [...reply, ...request].filter(({ packet }) => isReset(packet));
  const [first] = [...resets, ...errors.filter(({ packet }) => isError(packet))].sort((a, b) => a.atMs - b.atMs);
  if (!first) return null;
  const { transport } = first.packet;
  const what = transport?.kind === "icmp" ? "ICMP" : "RST";
  const words = transport?.kind === "icmp" ? `ICMP ${icmpName(transport)}` : "RST";
  return { what, words, by: senderOf(first), node: first.node, sighting: first };
}

/**
 * Returns the sender. A packet that comes in by a pod's device is the pod's; by another device, it comes from beyond
 * it. A packet that goes out, or comes by lo, is the node's own.
 */
function senderOf(sighting: Sighting): Refusal["by"] {
  const { node, peer, device, packet } = sighting;
  if (!isIncoming(sighting) || device === "lo") return { kind: "node", name: node };
  if (peer !== null) return { kind: "pod", name: peer };
  return { kind: "elsewhere", name: packet.network?.kind === "ip" ? packet.network.source : "an unknown sender" };
}

function isReset({ transport }: Packet): boolean {
  return transport?.kind === "tcp" && ((transport.flags ?? 0) & TCP_FLAG.rst) !== 0;
}

function isError({ transport }: Packet): boolean {
  return transport?.kind === "icmp" && transport.original !== undefined;
}
