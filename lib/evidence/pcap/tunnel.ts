import type { Tunnel } from "./packet.ts";
import { after, failed, sizeOf, type Read, type Span } from "./span.ts";

const HEADER = 8;

/** Reads VXLAN (RFC 7348). `rest` is an Ethernet frame. */
export function readVxlan(span: Span): Read<Tunnel> {
  if (sizeOf(span) < HEADER) return failed("vxlan", "short", span);
  const { view, start } = span;
  const hasVni = (view.getUint8(start) & 0x08) !== 0;
  if (!hasVni) return failed("vxlan", "malformed", span);
  return { layer: { kind: "vxlan", vni: view.getUint32(start + 4) >>> 8 }, rest: after(span, HEADER) };
}

/** Reads Geneve (RFC 8926), skipping options. `carries` is the EtherType of `rest`, also for an Ethernet frame. */
export function readGeneve(span: Span): Read<Tunnel> & { readonly carries?: number } {
  if (sizeOf(span) < HEADER) return failed("geneve", "short", span);
  const { view, start } = span;
  const first = view.getUint8(start);
  if (first >> 6 !== 0) return failed("geneve", "malformed", span);
  const layer: Tunnel = { kind: "geneve", vni: view.getUint32(start + 4) >>> 8 };
  const size = HEADER + (first & 0x3f) * 4;
  if (sizeOf(span) < size) return { layer, ...failed("geneve", "short", span) };
  return { layer, rest: after(span, size), carries: view.getUint16(start + 2) };
}
