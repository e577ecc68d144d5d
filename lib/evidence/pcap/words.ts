import { icmpName } from "./icmp-names.ts";
import { TCP_FLAG, type Arp, type Dns, type Icmp, type Ip, type LinkLayer, type Packet, type Tcp } from "./packet.ts";

/**
 * Returns a packet in one line: `10.244.1.3:40112 → 10.244.2.5:80 TCP S`. The content of tunnels and the packets of
 * errors are in brackets.
 */
export function packetWords(packet: Packet): string {
  const words = [...vlanWords(packet.link), networkWords(packet)];
  const { problem } = packet;
  if (problem) words.push(`(${problem.layer} ${PROBLEM[problem.reason]} at byte ${problem.offset})`);
  return words.join(" ");
}

const PROBLEM = { short: "cut short", malformed: "malformed", "too-deep": "nested too deep" };

function vlanWords(link: LinkLayer): readonly string[] {
  return link.kind === "none" ? [] : link.vlans.map(({ id }) => `VLAN ${id}`);
}

function networkWords(packet: Packet): string {
  const { network, link } = packet;
  if (!network) return "unreadable packet";
  switch (network.kind) {
    case "arp":
      return arpWords(network);
    case "ip":
      return `${endWords(packet, network)} ${contentWords(packet, network)}`;
    case "other":
      return link.kind === "none" ? "unknown packet" : otherWords(link.etherType);
  }
}

function otherWords(etherType: number): string {
  return etherType < 1536 ? "802.3 frame" : `EtherType 0x${etherType.toString(16).padStart(4, "0")}`;
}

function arpWords({ operation, senderAddress, senderHardware, targetAddress }: Arp): string {
  if (operation === 1) return `ARP who has ${targetAddress}? asks ${senderAddress}`;
  if (operation === 2) return `ARP ${senderAddress} is at ${senderHardware}`;
  return `ARP operation ${operation} from ${senderAddress}`;
}

function endWords({ transport }: Packet, { source, destination }: Ip): string {
  if (!transport || transport.kind === "icmp") return `${source} → ${destination}`;
  const { sourcePort, destinationPort } = transport;
  return `${withPort(source, sourcePort)} → ${withPort(destination, destinationPort)}`;
}

function withPort(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function contentWords(packet: Packet, { protocol, identification, fragment }: Ip): string {
  if (fragment && fragment.offset > 0) return `fragment of ${identification ?? "?"} from byte ${fragment.offset}`;
  const first = fragment ? `, first fragment of ${identification ?? "?"}` : "";
  return `${transportWords(packet, protocol)}${first}`;
}

function transportWords(packet: Packet, protocol: number): string {
  const { transport, tunnel, inner, dns } = packet;
  if (!transport) return `protocol ${protocol}`;
  if (tunnel)
    return `${tunnel.kind === "vxlan" ? "VXLAN" : "Geneve"} ${tunnel.vni}${inner ? ` [ ${packetWords(inner)} ]` : ""}`;
  if (dns) return dnsWords(dns);
  switch (transport.kind) {
    case "tcp":
      return tcpWords(transport);
    case "udp":
      return `UDP ${transport.length - 8} bytes`;
    case "icmp":
      return icmpWords(transport);
  }
}

function tcpWords({ flags, payloadLength }: Tcp): string {
  const letters = flags === undefined ? "" : ` ${tcpFlagLetters(flags)}`;
  return `TCP${letters}${payloadLength ? ` ${payloadLength} bytes` : ""}`;
}

const LETTERS = Object.entries({ S: "syn", F: "fin", R: "rst", P: "push", A: "ack", U: "urgent" } as const);

/** Returns the set flags as letters: `S`, `SA`, `R`, …; `none` without a flag. */
export function tcpFlagLetters(flags: number): string {
  const set = LETTERS.filter(([, name]) => (flags & TCP_FLAG[name]) !== 0);
  return set.map(([letter]) => letter).join("") || "none";
}

function icmpWords(icmp: Icmp): string {
  const words = [`ICMP ${icmpName(icmp)}`];
  if (icmp.neighbour) words.push(`for ${icmp.neighbour.target}`);
  if (icmp.gateway) words.push(`to ${icmp.gateway}`);
  if (icmp.mtu !== undefined) words.push(`MTU ${icmp.mtu}`);
  if (icmp.echo) words.push(`${icmp.echo.identifier}/${icmp.echo.sequence}`);
  if (icmp.original) words.push(`[ ${packetWords(icmp.original)} ]`);
  return words.join(" ");
}

function recordWords(count: number): string {
  if (count === 0) return "no record";
  return count === 1 ? "1 record" : `${count} records`;
}

const RCODES = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];

function dnsWords({ id, isResponse, rcode, answerCount, question }: Dns): string {
  const asked = question ? ` ${question.name} ${QUESTION_TYPES[question.type] ?? `type ${question.type}`}` : "";
  if (!isResponse) return `DNS ${id} asks${asked}`;
  return `DNS ${id} answers${asked}: ${rcode === 0 ? recordWords(answerCount) : (RCODES[rcode] ?? `rcode ${rcode}`)}`;
}

const QUESTION_TYPES: Readonly<Record<number, string>> = { 1: "A", 5: "CNAME", 12: "PTR", 28: "AAAA", 33: "SRV" };
