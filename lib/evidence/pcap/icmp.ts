import { hardwareText, ipv4Text, ipv6Text } from "./addresses.ts";
import type { Icmp, Neighbour } from "./packet.ts";
import { after, failed, sizeOf, type Read, type Span } from "./span.ts";

const HEADER = 8;

/** Reads ICMP (RFC 792). `rest` is the quoted packet of an error. */
export function readIcmp(span: Span): Read<Icmp> {
  const base = readTypeAndCode(span, 4);
  if (!base.layer || base.problem) return base;
  const { view, start } = span;
  const { layer } = base;
  const rest = after(span, HEADER);
  switch (layer.type) {
    case 0:
    case 8:
      return { layer: { ...layer, echo: echoAt(view, start + 4) } };
    case 3:
      return { layer: layer.code === 4 ? { ...layer, mtu: view.getUint16(start + 6) } : layer, rest };
    case 5:
      return { layer: { ...layer, gateway: ipv4Text(view, start + 4) }, rest };
    case 4:
    case 11:
    case 12:
      return { layer, rest };
    default:
      return { layer };
  }
}

/** Reads ICMPv6 (RFC 4443) and its neighbour discovery (RFC 4861). `rest` is the quoted packet of an error. */
export function readIcmpv6(span: Span): Read<Icmp> {
  const base = readTypeAndCode(span, 6);
  if (!base.layer || base.problem) return base;
  const { view, start } = span;
  const { layer } = base;
  switch (layer.type) {
    case 1:
    case 3:
    case 4:
      return { layer, rest: after(span, HEADER) };
    case 2:
      return { layer: { ...layer, mtu: view.getUint32(start + 4) }, rest: after(span, HEADER) };
    case 128:
    case 129:
      return { layer: { ...layer, echo: echoAt(view, start + 4) } };
    case 135:
    case 136:
      return readDiscovery(layer, span);
    default:
      return { layer };
  }
}

function readDiscovery(layer: Icmp, span: Span): Read<Icmp> {
  if (sizeOf(span) < HEADER + 16) return { layer, ...failed("icmp", "short", span) };
  const neighbour = readNeighbour(after(span, HEADER));
  const mayHaveMore = neighbour.hardware === null && span.end < span.fullEnd;
  return { layer: { ...layer, neighbour }, ...(mayHaveMore ? failed("icmp", "short", span) : {}) };
}

function readTypeAndCode(span: Span, family: 4 | 6): Read<Icmp> {
  if (sizeOf(span) < 2) return failed("icmp", "short", span);
  const layer: Icmp = {
    kind: "icmp",
    family,
    type: span.view.getUint8(span.start),
    code: span.view.getUint8(span.start + 1),
  };
  return sizeOf(span) < HEADER ? { layer, ...failed("icmp", "short", span) } : { layer };
}

function echoAt(view: DataView, at: number): { identifier: number; sequence: number } {
  return { identifier: view.getUint16(at), sequence: view.getUint16(at + 2) };
}

/**
 * Returns the target and the first hardware address option: type 1 is the sender's, 2 the target's. Options are
 * multiples of 8 bytes.
 */
function readNeighbour({ view, start, end }: Span): Neighbour {
  const target = ipv6Text(view, start);
  let at = start + 16;
  while (at + 8 <= end) {
    const [kind, size] = [view.getUint8(at), view.getUint8(at + 1) * 8];
    if (kind === 1 || kind === 2) return { target, hardware: hardwareText(view, at + 2) };
    if (size === 0) break;
    at += size;
  }
  return { target, hardware: null };
}
