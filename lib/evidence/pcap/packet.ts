/**
 * The content of a captured frame, as data. A part is present when its header was captured. A frame that is cut short,
 * or has wrong lengths, has the parts before that place, and a `problem`.
 */

export interface Packet {
  readonly link: LinkLayer;
  readonly network?: Network;
  /** Missing for unknown protocols, and for later fragments: only the first has the ports. */
  readonly transport?: Transport;
  /** For UDP from or to port 53. */
  readonly dns?: Dns;
  readonly tunnel?: Tunnel;
  /** The packet inside the tunnel. */
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
  /**
   * The type of the content inside the tags. Below 1536 it is the length of an 802.3 frame (spanning tree, for
   * example).
   */
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

/**
 * The capturing kernel's view of the frame: for this host, broadcast, multicast, for another host, or sent by this
 * host.
 */
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
  /** The protocol after all extension headers. */
  readonly protocol: number;
  /** Header and payload in bytes, by the header. */
  readonly length: number;
  /**
   * The same in all fragments, and for IPv4 at all hops: NAT and forwarding preserve it. Null for IPv6 without a
   * fragment header.
   */
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

/** A protocol that we do not decode (LLC, LLDP, …): its link's etherType identifies it. */
export interface OtherNetwork {
  readonly kind: "other";
}

export type Transport = Tcp | Udp | Icmp;

export interface Tcp {
  readonly kind: "tcp";
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** This field and the next ones are missing where an ICMP error quotes only the first 8 bytes. */
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
  /** For "fragmentation needed" and "packet too big". */
  readonly mtu?: number;
  /** For an IPv4 redirect. */
  readonly gateway?: string;
  readonly neighbour?: Neighbour;
  /** The quoted part of the packet that an error is about. */
  readonly original?: Packet;
}

/**
 * IPv6 neighbour discovery: the address asked for or answered, and the hardware address given for the sender or the
 * target.
 */
export interface Neighbour {
  readonly target: string;
  readonly hardware: string | null;
}

export interface Dns {
  readonly id: number;
  readonly isResponse: boolean;
  /** 0 no error, 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED; meaningless in a question. */
  readonly rcode: number;
  readonly answerCount: number;
  /** The first question. `name` lacks its last dot and is "." for the root; unprintable bytes are \ddd. */
  readonly question?: { readonly name: string; readonly type: number };
}

export interface Tunnel {
  readonly kind: "vxlan" | "geneve";
  readonly vni: number;
}

export type LayerName = "link" | "vlan" | "arp" | "ip" | "tcp" | "udp" | "icmp" | "dns" | Tunnel["kind"];

/** The reason that a packet has no further part. */
export interface Problem {
  readonly layer: LayerName;
  /**
   * `short`: fewer bytes than the header needs. `malformed`: an impossible value. `too-deep`: too many nested packets.
   */
  readonly reason: "short" | "malformed" | "too-deep";
  /** The offset of that header from the frame's first byte. */
  readonly offset: number;
}
