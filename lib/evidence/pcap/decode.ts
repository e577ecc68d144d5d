/** Combines the readers of the layers: from a captured frame to a Packet. Pure, and never throws on any frame. */
import { readArp } from "./arp.ts";
import { DNS_PORT, readDns } from "./dns.ts";
import type { LinkType, PcapRecord } from "./file.ts";
import { readIcmp, readIcmpv6 } from "./icmp.ts";
import { PROTOCOL, readIpv4, readIpv6, readRawIp } from "./ip.ts";
import { ETHER_TYPE, readLink } from "./link.ts";
import type { Icmp, Ip, LayerName, Packet, Udp } from "./packet.ts";
import { failed, spanOf, type Read, type Span } from "./span.ts";
import { readTcp, readUdp } from "./transport.ts";
import { readGeneve, readVxlan } from "./tunnel.ts";

export interface DecodeOptions {
  /** Destination ports of VXLAN. Default: 4789 (IANA) and 8472 (Linux, flannel). */
  readonly vxlanPorts?: readonly number[];
  /** Destination ports of Geneve. Default: 6081. */
  readonly genevePorts?: readonly number[];
}

/** The most nested packets: no network has a quote within a tunnel within a tunnel. */
const DEEPEST = 4;

interface Context extends Required<DecodeOptions> {
  readonly depth: number;
}
type Draft = { -readonly [Key in keyof Packet]: Packet[Key] };

/** Returns one decoded frame, up to its first problem. */
export function decodeFrame(
  frame: Pick<PcapRecord, "data" | "originalLength">,
  linkType: LinkType,
  options: DecodeOptions = {},
): Packet {
  const ports = { vxlanPorts: [4789, 8472], genevePorts: [6081], ...options };
  return decode(spanOf(frame.data, frame.originalLength), linkType, { ...ports, depth: 0 });
}

function decode(span: Span, linkType: LinkType, context: Context): Packet {
  const draft: Draft = { link: { kind: "none" } };
  if (linkType === "raw-ip") {
    addIp(draft, readRawIp(span), context);
    return draft;
  }
  const { layer, rest, problem } = readLink(span, linkType);
  if (layer) draft.link = layer;
  if (problem) draft.problem = problem;
  if (rest && layer && layer.kind !== "none") addNetwork(draft, layer.etherType, rest, context);
  return draft;
}

function addNetwork(draft: Draft, etherType: number, span: Span, context: Context): void {
  switch (etherType) {
    case ETHER_TYPE.ipv4:
      addIp(draft, readIpv4(span), context);
      break;
    case ETHER_TYPE.ipv6:
      addIp(draft, readIpv6(span), context);
      break;
    case ETHER_TYPE.arp:
      add(draft, "network", readArp(span));
      break;
    default:
      draft.network = { kind: "other" };
  }
}

function addIp(draft: Draft, read: Read<Ip>, context: Context): void {
  const rest = add(draft, "network", read);
  if (!rest || !read.layer || (read.layer.fragment?.offset ?? 0) > 0) return;
  switch (read.layer.protocol) {
    case PROTOCOL.tcp:
      add(draft, "transport", readTcp(rest));
      break;
    case PROTOCOL.udp:
      addUdp(draft, readUdp(rest), context);
      break;
    case PROTOCOL.icmp:
      if (read.layer.family === 4) addIcmp(draft, readIcmp(rest), context);
      break;
    case PROTOCOL.icmpv6:
      if (read.layer.family === 6) addIcmp(draft, readIcmpv6(rest), context);
      break;
  }
}

function addUdp(draft: Draft, read: Read<Udp>, context: Context): void {
  const rest = add(draft, "transport", read);
  if (!rest || !read.layer) return;
  const { sourcePort, destinationPort } = read.layer;
  if (context.vxlanPorts.includes(destinationPort)) {
    const frame = add(draft, "tunnel", readVxlan(rest));
    if (frame) addInner(draft, "vxlan", frame, "ethernet", context);
  } else if (context.genevePorts.includes(destinationPort)) {
    addGeneve(draft, rest, context);
  } else if (destinationPort === DNS_PORT || sourcePort === DNS_PORT) {
    add(draft, "dns", readDns(rest));
  }
}

function addGeneve(draft: Draft, span: Span, context: Context): void {
  const { carries, ...read } = readGeneve(span);
  const rest = add(draft, "tunnel", read);
  if (!rest) return;
  if (carries === ETHER_TYPE.ethernet) addInner(draft, "geneve", rest, "ethernet", context);
  if (carries === ETHER_TYPE.ipv4 || carries === ETHER_TYPE.ipv6) addInner(draft, "geneve", rest, "raw-ip", context);
}

function addInner(draft: Draft, layer: LayerName, span: Span, linkType: LinkType, context: Context): void {
  if (context.depth === DEEPEST) Object.assign(draft, failed(layer, "too-deep", span));
  else draft.inner = decode(span, linkType, { ...context, depth: context.depth + 1 });
}

function addIcmp(draft: Draft, read: Read<Icmp>, context: Context): void {
  const rest = add(draft, "transport", read);
  if (!rest || !read.layer) return;
  if (context.depth === DEEPEST) {
    Object.assign(draft, failed("icmp", "too-deep", rest));
    return;
  }
  const { problem, ...original } = decode(rest, "raw-ip", { ...context, depth: context.depth + 1 });
  // A quote is always cut short; that is harmless once it names its packet.
  const isOnlyCut = problem?.reason === "short" && original.network !== undefined;
  draft.transport = { ...read.layer, original: problem && !isOnlyCut ? { ...original, problem } : original };
}

/** Stores a layer and returns its payload. */
function add<Key extends "network" | "transport" | "dns" | "tunnel">(
  draft: Draft,
  key: Key,
  { layer, rest, problem }: Read<NonNullable<Draft[Key]>>,
): Span | undefined {
  if (layer) draft[key] = layer;
  if (problem) draft.problem = problem;
  return rest;
}
