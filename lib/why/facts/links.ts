/** The facts of a device from `ip -d link show`, under the names of `ip -j`. */
export interface DeviceFacts {
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly operstate: string;
  readonly master?: string;
  readonly address?: string;
  /** Present when the other end is in another namespace, as a pod's is. */
  readonly link_netnsid?: string;
  readonly settings: Readonly<Record<string, string>>;
}

/** Words of the detailed lines that precede a setting's value. The clocks and counters beside them are not settings. */
const SETTING_WORDS =
  "bridge_slave state|hairpin|guard|learning|flood|isolated|locked|neigh_suppress|vxlan id|dstport|local|" +
  "nf_call_iptables|nf_call_ip6tables|vlan_filtering";
const SETTINGS = new RegExp(` (${SETTING_WORDS}) (\\S+)`, "g");

/** Returns the devices in the text of `ip -s -d link show`, without blocks that do not parse. Pure. */
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

/** Returns true for a device that is set up. */
export function isUp({ flags }: DeviceFacts): boolean {
  return flags.includes("UP");
}
