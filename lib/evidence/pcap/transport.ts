import type { Tcp, Udp } from "./packet.ts";
import { after, failed, limited, sizeOf, type Read, type Span } from "./span.ts";

const TCP_HEADER = 20;
/** Only these bytes are read; checksum and urgent pointer are unused. */
const TCP_HEADER_READ = 16;
const UDP_HEADER = 8;
const OPTION = { end: 0, nothing: 1, mss: 2 } as const;

/** Reads TCP (RFC 9293). A header that is cut short still gives the ports and further captured fields. */
export function readTcp(span: Span): Read<Tcp> {
  if (sizeOf(span) < 4) return failed("tcp", "short", span);
  const { view, start } = span;
  const ports = { sourcePort: view.getUint16(start), destinationPort: view.getUint16(start + 2) };
  if (sizeOf(span) < TCP_HEADER_READ) {
    const sequence = sizeOf(span) < 8 ? {} : { sequence: view.getUint32(start + 4) };
    return { layer: { kind: "tcp", ...ports, ...sequence }, ...failed("tcp", "short", span) };
  }
  const headerLength = (view.getUint8(start + 12) >> 4) * 4;
  const payloadLength = span.fullEnd - start - headerLength;
  const layer: Tcp = {
    kind: "tcp",
    ...ports,
    sequence: view.getUint32(start + 4),
    acknowledgement: view.getUint32(start + 8),
    flags: view.getUint16(start + 12) & 0xfff,
    window: view.getUint16(start + 14),
  };
  if (headerLength < TCP_HEADER || payloadLength < 0) return { layer, ...failed("tcp", "malformed", span) };
  const mss = readMss(after(limited(span, headerLength), TCP_HEADER));
  const whole = { ...layer, payloadLength, ...(mss === null ? {} : { mss }) };
  return sizeOf(span) < headerLength ? { layer: whole, ...failed("tcp", "short", span) } : { layer: whole };
}

function readMss({ view, start, end }: Span): number | null {
  let at = start;
  while (at + 4 <= end) {
    const kind = view.getUint8(at);
    if (kind === OPTION.end) return null;
    if (kind === OPTION.mss) return view.getUint16(at + 2);
    const size = kind === OPTION.nothing ? 1 : view.getUint8(at + 1);
    if (size === 0) return null;
    at += size;
  }
  return null;
}

/** Reads UDP (RFC 768). `rest` is the payload. */
export function readUdp(span: Span): Read<Udp> {
  if (sizeOf(span) < UDP_HEADER) return failed("udp", "short", span);
  const { view, start } = span;
  const length = view.getUint16(start + 4);
  const layer: Udp = {
    kind: "udp",
    sourcePort: view.getUint16(start),
    destinationPort: view.getUint16(start + 2),
    length,
  };
  if (length < UDP_HEADER) return { layer, ...failed("udp", "malformed", span) };
  return { layer, rest: after(limited(span, length), UDP_HEADER) };
}
