/** Our decoding in tshark's form: each field with its values from the outermost layer inwards. */
import type { CapturedPacket } from "../../../../../lib/evidence/pcap/capture.ts";
import type { Dns, Icmp, Ip, LinkLayer, Packet, Tcp, VlanTag } from "../../../../../lib/evidence/pcap/packet.ts";
import type { Answer, TsharkField } from "../../../../fixtures/pcap/tshark.ts";

type Said = Partial<Record<TsharkField, string[]>>;
type Value = string | number | null | undefined;

const hex = (value: number): string => `0x${value.toString(16).padStart(4, "0")}`;
const bit = (value: boolean): string => (value ? "1" : "0");
const VLAN_TYPE: Readonly<Record<VlanTag["kind"], number>> = { customer: 0x8100, service: 0x88a8 };
const VLAN_NAME = { customer: "vlan", service: "ieee8021ad" } as const;
/** tshark prints a fragment's offset as on the wire. */
const OFFSET_UNIT = 8;
const PACKET_TYPES = ["in", "broadcast", "multicast", "other-host", "out"];

/** Returns the fields of one packet, in the form of the stored answers. */
export function asTshark({ atNs, capturedLength, originalLength, packet }: CapturedPacket): Answer {
  const said: Said = {};
  const add = (field: TsharkField, ...values: readonly Value[]): void => {
    for (const value of values) if (value !== null && value !== undefined) (said[field] ??= []).push(String(value));
  };
  add("frame.time_epoch", `${atNs / 1_000_000_000n}.${String(atNs % 1_000_000_000n).padStart(9, "0")}`);
  add("frame.cap_len", capturedLength);
  add("frame.len", originalLength);
  add("frame.protocols", layersOf(packet).join(":"));
  addPacket(add, packet);
  return said;
}

type Add = (field: TsharkField, ...values: readonly Value[]) => void;

/** The layers that we decode, under tshark's names. */
export function layersOf({ link, network, transport, dns, tunnel, inner, problem }: Packet): readonly string[] {
  const names: (string | false | undefined)[] = [];
  if (link.kind !== "none") {
    names.push({ ethernet: "eth", cooked: "sll" }[link.kind]);
    names.push(...link.vlans.map(({ kind }) => VLAN_NAME[kind]));
  }
  if (network?.kind === "ip") names.push(network.family === 4 ? "ip" : "ipv6");
  if (network?.kind === "arp") names.push("arp");
  // tshark names even an impossible header, for IPv4 only.
  if (!network && problem?.layer === "ip" && link.kind !== "none" && link.etherType === 0x0800) names.push("ip");
  names.push(transport?.kind === "icmp" && transport.family === 6 ? "icmpv6" : transport?.kind);
  if (transport?.kind === "icmp" && transport.original) names.push(...layersOf(transport.original));
  names.push(dns && "dns", tunnel?.kind, ...(inner ? layersOf(inner) : []));
  return names.filter((name) => typeof name === "string");
}

function addPacket(add: Add, { link, network, transport, dns, tunnel, inner }: Packet, isQuoted = false): void {
  addLink(add, link);
  if (network?.kind === "arp") {
    add("arp.opcode", network.operation);
    add("arp.src.hw_mac", network.senderHardware);
    add("arp.src.proto_ipv4", network.senderAddress);
    add("arp.dst.hw_mac", network.targetHardware);
    add("arp.dst.proto_ipv4", network.targetAddress);
  }
  if (network?.kind === "ip") addIp(add, network);
  if (transport?.kind === "tcp") addTcp(add, transport, isQuoted);
  if (transport?.kind === "udp") {
    add("udp.srcport", transport.sourcePort);
    add("udp.dstport", transport.destinationPort);
    add("udp.length", transport.length);
  }
  if (transport?.kind === "icmp") addIcmp(add, transport);
  if (tunnel?.kind === "vxlan") add("vxlan.vni", tunnel.vni);
  if (tunnel?.kind === "geneve") add("geneve.vni", `0x${tunnel.vni.toString(16).padStart(6, "0")}`);
  if (dns) addDns(add, dns);
  if (inner) addPacket(add, inner, isQuoted);
}

function addLink(add: Add, link: LinkLayer): void {
  if (link.kind === "none") return;
  const types = [...link.vlans.map(({ kind }) => VLAN_TYPE[kind]), link.etherType];
  const [outerType = 0] = types;
  const is8023 = outerType < 1536;
  if (link.kind === "ethernet") {
    add("eth.dst", link.destination);
    add("eth.src", link.source);
    add(is8023 ? "eth.len" : "eth.type", is8023 ? outerType : hex(outerType));
  } else {
    add("sll.pkttype", PACKET_TYPES.indexOf(link.direction));
    add("sll.ifindex", link.interfaceIndex);
    add("sll.src.eth", link.source);
    add(is8023 ? "sll.ltype" : "sll.etype", hex(outerType));
  }
  link.vlans.forEach(({ kind, id, priority }, index) => {
    const name = VLAN_NAME[kind];
    add(`${name}.id`, id);
    add(`${name}.priority`, priority);
    // tshark has no field for a service tag's content.
    const next = types[index + 1] ?? 0;
    if (kind === "customer") add(next < 1536 ? "vlan.len" : "vlan.etype", next < 1536 ? next : hex(next));
  });
}

function addIp(add: Add, ip: Ip): void {
  if (ip.family === 4) {
    add("ip.src", ip.source);
    add("ip.dst", ip.destination);
    add("ip.ttl", ip.hopLimit);
    add("ip.proto", ip.protocol);
    add("ip.len", ip.length);
    add("ip.id", hex(ip.identification ?? 0));
    add("ip.flags.df", bit(ip.dontFragment));
    add("ip.flags.mf", bit(ip.fragment?.more ?? false));
    add("ip.frag_offset", (ip.fragment?.offset ?? 0) / OFFSET_UNIT);
    return;
  }
  add("ipv6.src", ip.source);
  add("ipv6.dst", ip.destination);
  add("ipv6.hlim", ip.hopLimit);
  add("ipv6.plen", ip.length - 40);
  add("ipv6.nxt", ip.protocol);
  if (ip.identification === null) return;
  add("ipv6.fraghdr.ident", `0x${ip.identification.toString(16).padStart(8, "0")}`);
  add("ipv6.fraghdr.offset", (ip.fragment?.offset ?? 0) / OFFSET_UNIT);
  add("ipv6.fraghdr.more", bit(ip.fragment?.more ?? false));
}

function addTcp(add: Add, tcp: Tcp, isQuoted: boolean): void {
  add("tcp.srcport", tcp.sourcePort);
  add("tcp.dstport", tcp.destinationPort);
  add("tcp.seq", tcp.sequence);
  add("tcp.ack", tcp.acknowledgement);
  if (tcp.flags !== undefined) add("tcp.flags", hex(tcp.flags));
  add("tcp.window_size_value", tcp.window);
  // tshark omits it for a quoted packet.
  if (!isQuoted) add("tcp.len", tcp.payloadLength);
  add("tcp.options.mss_val", tcp.mss);
}

function addIcmp(add: Add, { family, type, code, echo, mtu, gateway, neighbour, original }: Icmp): void {
  const isIpv4 = family === 4;
  add(isIpv4 ? "icmp.type" : "icmpv6.type", type);
  add(isIpv4 ? "icmp.code" : "icmpv6.code", code);
  add(isIpv4 ? "icmp.ident" : "icmpv6.echo.identifier", echo && (isIpv4 ? echo.identifier : hex(echo.identifier)));
  add(isIpv4 ? "icmp.seq" : "icmpv6.echo.sequence_number", echo?.sequence);
  add(isIpv4 ? "icmp.mtu" : "icmpv6.mtu", mtu);
  add("icmp.redir_gw", gateway);
  add(type === 135 ? "icmpv6.nd.ns.target_address" : "icmpv6.nd.na.target_address", neighbour?.target);
  add("icmpv6.opt.linkaddr", neighbour?.hardware);
  if (original) addPacket(add, original, true);
}

function addDns(add: Add, { id, isResponse, rcode, answerCount, question }: Dns): void {
  add("dns.id", hex(id));
  add("dns.flags.response", bit(isResponse));
  // It is meaningless in a question, and tshark omits it.
  if (isResponse) add("dns.flags.rcode", rcode);
  add("dns.count.answers", answerCount);
  add("dns.qry.name", question?.name === "." ? "<Root>" : question?.name);
  add("dns.qry.type", question?.type);
}
