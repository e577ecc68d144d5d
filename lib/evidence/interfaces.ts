/** A device of a node: the number that every packet of a capture carries, and what it is. */
export interface Interface {
  readonly index: number;
  readonly name: string;
  /** `veth`, `bridge`, `vxlan`, …; null for one that says nothing of itself. */
  readonly kind: string | null;
  /** The bridge it is a port of. */
  readonly master: string | null;
  readonly addresses: readonly string[];
  readonly mtu: number;
  /** The pod at the other end, by its role and the device's name there: `same eth0`. */
  readonly peer: string | null;
}

interface Link {
  readonly ifindex: number;
  readonly ifname: string;
  readonly mtu?: number;
  readonly master?: string;
  readonly linkinfo?: { readonly info_kind?: string };
  readonly addr_info?: readonly { readonly local?: string }[];
}

/** From `ip -j -d address show` and lines of `role device index` (capture.sh). What cannot be read gives none. Pure. */
export function interfacesOf(addresses: string, peers: string): readonly Interface[] {
  const peersByIndex = new Map(
    peers.split("\n").map((line) => {
      const [role, device, index] = line.split(" ");
      return [Number(index), `${role} ${device}`];
    }),
  );
  return linksIn(addresses).map((link) => ({
    index: link.ifindex,
    name: link.ifname,
    kind: link.linkinfo?.info_kind ?? null,
    master: link.master ?? null,
    addresses: (link.addr_info ?? []).flatMap(({ local }) => local ?? []),
    mtu: link.mtu ?? 0,
    peer: peersByIndex.get(link.ifindex) ?? null,
  }));
}

function linksIn(json: string): readonly Link[] {
  try {
    // iproute2 prints an empty object for a device that a filter hides.
    return (JSON.parse(json) as readonly Partial<Link>[]).filter((link): link is Link => link.ifindex !== undefined);
  } catch {
    return [];
  }
}
