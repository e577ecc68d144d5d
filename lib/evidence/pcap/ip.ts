import { ipv4Text, ipv6Text } from "./addresses.ts";
import type { Fragment, Ip } from "./packet.ts";
import { after, failed, limited, sizeOf, type Read, type Span } from "./span.ts";

export const PROTOCOL = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58 } as const;

const IPV4_HEADER = 20;
const IPV6_HEADER = 40;

/** Reads IPv4 or IPv6, by the first half byte. */
export function readRawIp(span: Span): Read<Ip> {
  if (sizeOf(span) < 1) return failed("ip", "short", span);
  return versionOf(span) === 6 ? readIpv6(span) : readIpv4(span);
}

/** Reads IPv4 (RFC 791), skipping options. `rest` is the payload without the link's padding. */
export function readIpv4(span: Span): Read<Ip> {
  if (sizeOf(span) < IPV4_HEADER) return failed("ip", "short", span);
  const { view, start } = span;
  const headerLength = (view.getUint8(start) & 0xf) * 4;
  // The kernel gives segments above 64 KiB to its devices with a length of 0.
  const length = view.getUint16(start + 2) || span.fullEnd - start;
  const isSound = versionOf(span) === 4 && headerLength >= IPV4_HEADER && length >= headerLength;
  if (!isSound) return failed("ip", "malformed", span);
  const layer: Ip = {
    kind: "ip",
    family: 4,
    source: ipv4Text(view, start + 12),
    destination: ipv4Text(view, start + 16),
    hopLimit: view.getUint8(start + 8),
    protocol: view.getUint8(start + 9),
    length,
    dontFragment: (view.getUint8(start + 6) & 0x40) !== 0,
    identification: view.getUint16(start + 4),
    fragment: ipv4Fragment(view.getUint16(start + 6)),
  };
  if (sizeOf(span) < headerLength) return { layer, ...failed("ip", "short", span) };
  return { layer, rest: after(limited(span, length), headerLength) };
}

function ipv4Fragment(word: number): Fragment | null {
  const fragment = { offset: (word & 0x1fff) * 8, more: (word & 0x2000) !== 0 };
  return fragment.offset === 0 && !fragment.more ? null : fragment;
}

/** Reads IPv6 (RFC 8200), skipping extension headers. If they are cut short, `protocol` is the last one known. */
export function readIpv6(span: Span): Read<Ip> {
  if (sizeOf(span) < IPV6_HEADER) return failed("ip", "short", span);
  if (versionOf(span) !== 6) return failed("ip", "malformed", span);
  const { view, start } = span;
  // 0 means a segment above 64 KiB here too.
  const payloadLength = view.getUint16(start + 4) || span.fullEnd - start - IPV6_HEADER;
  const payload = after(limited(span, IPV6_HEADER + payloadLength), IPV6_HEADER);
  const { protocol, identification, fragment, ...more } = stepOverExtensions(view.getUint8(start + 6), payload);
  const layer: Ip = {
    kind: "ip",
    family: 6,
    source: ipv6Text(view, start + 8),
    destination: ipv6Text(view, start + 24),
    hopLimit: view.getUint8(start + 7),
    protocol,
    length: IPV6_HEADER + payloadLength,
    // Routers never fragment IPv6.
    dontFragment: true,
    identification,
    fragment,
  };
  return { layer, ...more };
}

const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const DESTINATION_OPTIONS = 60;

type Extensions = Pick<Ip, "protocol" | "identification" | "fragment"> & Omit<Read<Ip>, "layer">;

function stepOverExtensions(first: number, payload: Span): Extensions {
  let known: Omit<Extensions, "rest" | "problem"> = { protocol: first, identification: null, fragment: null };
  let rest = payload;
  // In a later fragment, the bytes after the header are payload, whatever next header it names.
  while (isExtension(known.protocol) && (known.fragment?.offset ?? 0) === 0) {
    if (sizeOf(rest) < 8) return { ...known, ...failed("ip", "short", rest) };
    const size = extensionSize(known.protocol, rest);
    if (sizeOf(rest) < size) return { ...known, ...failed("ip", "short", rest) };
    const isFragment = known.protocol === FRAGMENT;
    known = { ...known, ...(isFragment ? ipv6Fragment(rest) : {}), protocol: rest.view.getUint8(rest.start) };
    rest = after(rest, size);
  }
  return { ...known, rest };
}

function isExtension(protocol: number): boolean {
  return [HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION_OPTIONS].includes(protocol);
}

function extensionSize(protocol: number, { view, start }: Span): number {
  if (protocol === FRAGMENT) return 8;
  const units = view.getUint8(start + 1);
  return protocol === AUTHENTICATION ? (units + 2) * 4 : (units + 1) * 8;
}

function ipv6Fragment({ view, start }: Span): { identification: number; fragment: Fragment } {
  const word = view.getUint16(start + 2);
  const fragment = { offset: word & 0xfff8, more: (word & 1) === 1 };
  return { identification: view.getUint32(start + 4), fragment };
}

function versionOf({ view, start }: Span): number {
  return view.getUint8(start) >> 4;
}
