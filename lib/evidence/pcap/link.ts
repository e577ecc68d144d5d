import { hardwareText } from "./addresses.ts";
import type { LinkType } from "./file.ts";
import type { CookedLink, Direction, LinkLayer, VlanTag } from "./packet.ts";
import { after, failed, sizeOf, type Read, type Span } from "./span.ts";

export const ETHER_TYPE = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd, ethernet: 0x6558 } as const;

/** Switches used 0x9100 for the outer tag before 802.1ad assigned it a number. */
const TAGS: Readonly<Record<number, VlanTag["kind"]>> = { 0x8100: "customer", 0x88a8: "service", 0x9100: "service" };
/** More tags than any network stacks; a frame of only tags must not cost much time. */
const MOST_TAGS = 8;

const DIRECTIONS: readonly Direction[] = ["in", "broadcast", "multicast", "other-host", "out"];
/** Devices whose "protocol" field is no EtherType (ARPHRD_NETLINK). */
const NETLINK = 824;
/** EtherType 0 is unassigned. */
const NO_ETHER_TYPE = 0;

/** Reads the link's header with its VLAN tags. Raw IP has none. */
export function readLink(span: Span, linkType: Exclude<LinkType, "raw-ip">): Read<LinkLayer> {
  switch (linkType) {
    case "ethernet":
      return readEthernet(span);
    case "linux-sll":
      return readCooked(span);
    case "linux-sll2":
      return readCooked2(span);
  }
}

function readEthernet(span: Span): Read<LinkLayer> {
  if (sizeOf(span) < 14) return failed("link", "short", span);
  const { view, start } = span;
  const ends = { source: hardwareText(view, start + 6), destination: hardwareText(view, start) };
  return withTags({ kind: "ethernet", ...ends }, view.getUint16(start + 12), after(span, 14));
}

/** Reads the header: packet type, device type, length of the address, 8 bytes of address, protocol. */
function readCooked(span: Span): Read<LinkLayer> {
  if (sizeOf(span) < 16) return failed("link", "short", span);
  const { view, start } = span;
  const link = {
    kind: "cooked",
    direction: DIRECTIONS[view.getUint16(start)] ?? "unknown",
    interfaceIndex: null,
    source: sender(view, view.getUint16(start + 4), start + 6),
  } as const;
  return withTags(link, protocolOf(view, start + 2, start + 14), after(span, 16));
}

/**
 * Reads the header: protocol, 2 reserved bytes, device index and type, packet type, length of the address, 8 bytes of
 * address.
 */
function readCooked2(span: Span): Read<LinkLayer> {
  if (sizeOf(span) < 20) return failed("link", "short", span);
  const { view, start } = span;
  const link = {
    kind: "cooked",
    direction: DIRECTIONS[view.getUint8(start + 10)] ?? "unknown",
    interfaceIndex: view.getUint32(start + 4),
    source: sender(view, view.getUint8(start + 11), start + 12),
  } as const;
  return withTags(link, protocolOf(view, start + 8, start), after(span, 20));
}

/** Returns the sender's address; the header itself cuts longer ones (InfiniBand). */
function sender(view: DataView, size: number, at: number): CookedLink["source"] {
  return size === 0 ? null : hardwareText(view, at, Math.min(size, 8));
}

function protocolOf(view: DataView, deviceTypeAt: number, protocolAt: number): number {
  return view.getUint16(deviceTypeAt) === NETLINK ? NO_ETHER_TYPE : view.getUint16(protocolAt);
}

type Untagged = LinkLayer extends infer One
  ? One extends { vlans: unknown }
    ? Omit<One, "vlans" | "etherType">
    : never
  : never;

function withTags(link: Untagged, firstType: number, payload: Span): Read<LinkLayer> {
  const vlans: VlanTag[] = [];
  let etherType = firstType;
  let rest = payload;
  for (let kind = TAGS[etherType]; kind; kind = TAGS[etherType]) {
    const layer = { ...link, vlans, etherType };
    if (vlans.length === MOST_TAGS) return { layer, ...failed("vlan", "too-deep", rest) };
    if (sizeOf(rest) < 4) return { layer, ...failed("vlan", "short", rest) };
    const tag = rest.view.getUint16(rest.start);
    vlans.push({ kind, id: tag & 0xfff, priority: tag >> 13 });
    etherType = rest.view.getUint16(rest.start + 2);
    rest = after(rest, 4);
  }
  return { layer: { ...link, vlans, etherType }, rest };
}
