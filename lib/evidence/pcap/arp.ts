import { hardwareText, ipv4Text } from "./addresses.ts";
import { ETHER_TYPE } from "./link.ts";
import type { Arp } from "./packet.ts";
import { failed, sizeOf, type Read, type Span } from "./span.ts";

/** Reads ARP for IPv4 on Ethernet (RFC 826), the only ARP in use. */
export function readArp(span: Span): Read<Arp> {
  if (sizeOf(span) < 28) return failed("arp", "short", span);
  const { view, start } = span;
  const isUsual = view.getUint16(start + 2) === ETHER_TYPE.ipv4 && view.getUint16(start + 4) === 0x0604;
  if (!isUsual) return failed("arp", "malformed", span);
  return {
    layer: {
      kind: "arp",
      operation: view.getUint16(start + 6),
      senderHardware: hardwareText(view, start + 8),
      senderAddress: ipv4Text(view, start + 14),
      targetHardware: hardwareText(view, start + 18),
      targetAddress: ipv4Text(view, start + 24),
    },
  };
}
