/**
 * What a captured frame says, as data. A part is there when its header was: a frame that was cut short, or that lies about its lengths,
 * has the parts before that place, and a `problem`.
 */

export interface Packet {
  readonly link: LinkLayer;
  readonly network?: Network;
  /** Not there for protocols we do not know, nor for later fragments: only the first has the ports. */
  readonly transport?: Transport;
  /** Of UDP from or to port 53. */
  readonly dns?: Dns;
  readonly tunnel?: Tunnel;
  /** What the tunnel carries. */
  readonly inner?: Packet;
  readonly problem?: Problem;
}

export type LinkLayer = EthernetLink | CookedLink | NoLink;

export interface EthernetLink {
  readonly kind: "ethernet";
  readonly source: string;
  readonly destination: string;
  /** The outermost first. */
  readonly vlans: readonly VlanTag[];
  /** Of what is within the tags. Below 1536 it is the length of an 802.3 frame (spanning tree, for one). */
  readonly etherType: number;
}

/** Linux's "cooked" header of a capture on all devices at once. */
export interface CookedLink {
  readonly kind: "cooked";
  readonly direction: Direction;
  /** Only in the second version of the header. */
  readonly interfaceIndex: number | null;
  /** The sender's hardware address; null for devices without one. */
  readonly source: string | null;
  readonly vlans: readonly VlanTag[];
  readonly etherType: number;
}

/** Raw IP, and a packet that an ICMP error quotes. */
export interface NoLink {
  readonly kind: "none";
}

/** As the kernel of the capturing machine saw the frame: for us, for all, for a group, for somebody else, from us. */
export type Direction = "in" | "broadcast" | "multicast" | "other-host" | "out" | "unknown";

export interface VlanTag {
  /** `service` is the outer tag of 802.1ad. */
  readonly kind: "customer" | "service";
  readonly id: number;
  readonly priority: number;
}

export type Network = Arp | Ip | OtherNetwork;

export interface Arp {
  readonly kind: "arp";
  /** 1 asks, 2 answers. */
  readonly operation: number;
  readonly senderHardware: string;
  readonly senderAddress: string;
  readonly targetHardware: string;
  readonly targetAddress: string;
}

export interface Ip {
  readonly kind: "ip";
  readonly family: 4 | 6;
  readonly source: string;
  readonly destination: string;
  /** TTL in IPv4. */
  readonly hopLimit: number;
  /** The transport's, after all extension headers. */
  readonly protocol: number;
  /** Header and payload, in bytes, as the header says. */
  readonly length: number;
  /** The same in all fragments, and of IPv4 at all hops: NAT and forwarding leave it alone. Null for IPv6 without a fragment header. */
  readonly identification: number | null;
  readonly dontFragment: boolean;
  /** Null for a whole packet. */
  readonly fragment: Fragment | null;
}

export interface Fragment {
  /** In bytes; 0 is the first. */
  readonly offset: number;
  readonly more: boolean;
}

/** Something we do not decode (LLC, LLDP, …): its link's etherType says what. */
export interface OtherNetwork {
  readonly kind: "other";
}

export type Transport = Tcp | Udp | Icmp;

export interface Tcp {
  readonly kind: "tcp";
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** What follows can be missing where an ICMP error quotes only the first 8 bytes. */
  readonly sequence?: number;
  readonly acknowledgement?: number;
  /** Bits as in TCP_FLAG. */
  readonly flags?: number;
  /** As on the wire, not scaled. */
  readonly window?: number;
  readonly payloadLength?: number;
  /** Maximum segment size, of a SYN. */
  readonly mss?: number;
}

export const TCP_FLAG = { fin: 1, syn: 2, rst: 4, push: 8, ack: 16, urgent: 32 } as const;

export interface Udp {
  readonly kind: "udp";
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Header and payload, as the header says. */
  readonly length: number;
}

export interface Icmp {
  readonly kind: "icmp";
  /** 6 is ICMPv6, with numbers of its own. */
  readonly family: 4 | 6;
  readonly type: number;
  readonly code: number;
  readonly echo?: { readonly identifier: number; readonly sequence: number };
  /** Of "fragmentation needed" and "packet too big". */
  readonly mtu?: number;
  /** Of an IPv4 redirect. */
  readonly gateway?: string;
  readonly neighbour?: Neighbour;
  /** The packet an error is about, as much of it as was quoted. */
  readonly original?: Packet;
}

/** IPv6's ARP: who is asked for, or answers, and the hardware address said to go with the sender or the target. */
export interface Neighbour {
  readonly target: string;
  readonly hardware: string | null;
}

export interface Dns {
  readonly id: number;
  readonly isResponse: boolean;
  /** 0 no error, 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED; of no meaning in a question. */
  readonly rcode: number;
  readonly answerCount: number;
  /** The first. `name` is without its last dot, "." for the root; bytes that do not print are \ddd. */
  readonly question?: { readonly name: string; readonly type: number };
}

export interface Tunnel {
  readonly kind: "vxlan" | "geneve";
  readonly vni: number;
}

export type LayerName = "link" | "vlan" | "arp" | "ip" | "tcp" | "udp" | "icmp" | "dns" | Tunnel["kind"];

/** Why there is no more of a packet. */
export interface Problem {
  readonly layer: LayerName;
  /** `short`: fewer bytes than the header needs. `malformed`: a value that cannot be. `too-deep`: packets within packets without end. */
  readonly reason: "short" | "malformed" | "too-deep";
  /** Of the header in question, from the frame's first byte. */
  readonly offset: number;
}
