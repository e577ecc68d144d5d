/** What `ip -d link show` says of a device, as `ip -j` would name it. */
export interface DeviceFacts {
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly operstate: string;
  readonly master?: string;
  readonly address?: string;
  /** There where the other end is in another namespace, as it is with a pod's. */
  readonly link_netnsid?: string;
  readonly settings: Readonly<Record<string, string>>;
}

/** Words of the detailed lines that are followed by their value. The clocks and counters beside them are no settings. */
const SETTINGS =
  / (bridge_slave state|hairpin|guard|learning|flood|isolated|locked|neigh_suppress|vxlan id|dstport|local|nf_call_iptables|nf_call_ip6tables|vlan_filtering) (\S+)/g;

/** The devices in the text of `ip -s -d link show`. What is not understood is left out. Pure. */
export function linksIn(text: string): readonly DeviceFacts[] {
  const blocks = text.split(/^(?=\d+: )/m);
  return blocks.flatMap((block) => {
    const head = /^\d+: ([^:@\s]+)(?:@\S+)?: <([^>]*)> mtu (\d+)/.exec(block);
    if (!head) return [];
    const [, ifname = "", flags = "", mtu = ""] = head;
    const after = (word: string): string | undefined => new RegExp(` ${word} (\\S+)`).exec(block)?.[1];
    const optional = {
      master: after("master"),
      address: after("link/\\w+"),
      link_netnsid: after("link-netns(?:id)?"),
    };
    return [
      {
        ifname,
        flags: flags.split(",").sort(),
        mtu: Number(mtu),
        operstate: after("state") ?? "UNKNOWN",
        ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
        settings: Object.fromEntries([...block.matchAll(SETTINGS)].map(([, key = "", value = ""]) => [key, value])),
      },
    ];
  });
}

export function isUp({ flags }: DeviceFacts): boolean {
  return flags.includes("UP");
}
