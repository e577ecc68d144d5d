import { icmpName } from "../../evidence/pcap/icmp-names.ts";
import { TCP_FLAG, type Packet } from "../../evidence/pcap/packet.ts";
import { isIncoming, type Sighting } from "./sightings.ts";
import type { Trace } from "./trace.ts";

/** Who ended a flow, and how. */
export interface Refusal {
  readonly what: "RST" | "ICMP";
  /** `RST`, `ICMP port unreachable`. */
  readonly words: string;
  readonly by: { readonly kind: "pod" | "node" | "elsewhere"; readonly name: string };
  readonly node: string;
  readonly sighting: Sighting;
}

/** The first RST or ICMP error of a flow, and whose it is: that of the device that saw it first. Null where nobody refused. Pure. */
export function refusalOf({ request, reply, errors }: Trace): Refusal | null {
  const resets = [...reply, ...request].filter(({ packet }) => isReset(packet));
  const [first] = [...resets, ...errors.filter(({ packet }) => isError(packet))].sort((a, b) => a.atMs - b.atMs);
  if (!first) return null;
  const { transport } = first.packet;
  const what = transport?.kind === "icmp" ? "ICMP" : "RST";
  const words = transport?.kind === "icmp" ? `ICMP ${icmpName(transport)}` : "RST";
  return { what, words, by: senderOf(first), node: first.node, sighting: first };
}

/** What comes in by a pod's device is the pod's, by another from beyond it; what goes out, or comes by lo, is the node's own. */
function senderOf(sighting: Sighting): Refusal["by"] {
  const { node, peer, device, packet } = sighting;
  if (!isIncoming(sighting) || device === "lo") return { kind: "node", name: node };
  if (peer !== null) return { kind: "pod", name: peer };
  return { kind: "elsewhere", name: packet.network?.kind === "ip" ? packet.network.source : "somebody" };
}

function isReset({ transport }: Packet): boolean {
  return transport?.kind === "tcp" && ((transport.flags ?? 0) & TCP_FLAG.rst) !== 0;
}

function isError({ transport }: Packet): boolean {
  return transport?.kind === "icmp" && transport.original !== undefined;
}
