import type { Fingerprint, Item } from "./fingerprint.ts";

/**
 * One permitted change. The test returns the item as it is, rewritten to a comparable form, or null to exclude it. It
 * may use only entries that came or went as a whole: entries on both sides are always compared.
 */
export interface Rule<C> {
  readonly name: string;
  readonly why: string;
  readonly test: (item: Item, context: C) => Item | null;
}

/** The context of kernel rules. */
export interface ExpiringSets {
  /** nft sets (`ip TABLE set NAME`) whose elements are added by packets, or expire. */
  readonly expiringSets: ReadonlySet<string>;
}

/** Returns the expiring sets of a fingerprint. Pure. */
export function expiringSetsOf({ items }: Fingerprint): ReadonlySet<string> {
  const marked = items.filter(({ section, text }) => section === "nft" && /^flags .*\bdynamic\b|^timeout /.test(text));
  return new Set(marked.map(({ scope }) => scope));
}

/**
 * nf_conntrack_count is excluded by name, since vm.max_map_count is a setting. Source: kernel
 * Documentation/networking/{ip-sysctl,nf_conntrack-sysctl}.rst.
 */
const NO_SETTING =
  /\.(nf_conntrack_count|stable_secret|(ipv4|ipv6)\.tcp_fastopen_key|netdev_rss_key|available_\w+|tcp_available_\w+)$/;

/**
 * `33:33:…` and `01:00:5e:…` are the Ethernet forms of IPv6 and IPv4 groups (RFC 2464, RFC 1112); a tunnel's entry has
 * a `dst`.
 */
const MULTICAST_MEMBERSHIP = /^(33:33|01:00:5e)(:[0-9a-f]{2})+ dev \S+ self permanent$/;

/**
 * fq_codel, sfq and cake list a flow as a class while it has packets waiting (net/sched/sch_{fq_codel,sfq,cake}.c,
 * *_walk).
 */
const CLASS_OF_A_FLOW = /^class (fq_codel|sfq|cake) /;

/** Changes that the kernel makes by itself, on a node as on any machine. */
export const KERNEL_RULES: readonly Rule<ExpiringSets>[] = [
  {
    name: "sysctl-no-setting",
    why: "counts of live objects, keys the kernel draws at random, and lists of loaded modules are not settings",
    test: (item) => (item.section === "sysctl" && NO_SETTING.test(item.scope) ? null : item),
  },
  {
    name: "router-advertised",
    why: "the network's router announces and withdraws these, not the node",
    test: (item) => (item.section === "route" && / proto ra\b/.test(item.text) ? null : item),
  },
  {
    name: "fdb-learned",
    why:
      "the kernel learns and forgets these from traffic; " +
      "configured entries are permanent, static, or marked as learned externally",
    test: (item) =>
      item.section === "fdb" && !/\b(permanent|static|extern_learn)\b/.test(item.text) ? null : withoutAge(item),
  },
  {
    name: "fdb-multicast-membership",
    why: "a device is a member of the groups that its addresses and sockets ask for",
    test: (item) => (item.section === "fdb" && MULTICAST_MEMBERSHIP.test(item.text) ? null : item),
  },
  {
    name: "neighbour-resolved",
    why: "the kernel resolves and forgets these; in an entry kept by a protocol only the state of resolution changes",
    test: (item) => (item.section === "neighbour" ? keptNeighbour(item) : item),
  },
  {
    name: "nft-element-expires",
    why: "packets put elements into a dynamic set (session affinity), and one with a timeout expires by itself",
    test: (item, { expiringSets }) => (isExpiringElement(item, expiringSets) ? null : item),
  },
  {
    name: "ipset-entry-expires",
    why: "an entry with a timeout expires by itself",
    test: (item) => (item.section === "ipset" && item.unordered && / timeout [1-9]/.test(item.text) ? null : item),
  },
  {
    name: "ipset-hash",
    why: "the kernel draws initval and lets hashsize grow with the entries",
    test: (item) =>
      item.section === "ipset" && !item.unordered
        ? { ...item, text: item.text.replace(/ (hashsize|initval) \S+/g, "") }
        : item,
  },
  {
    name: "class-of-a-flow",
    why: "some qdiscs list each flow that has packets waiting as a class",
    test: (item) => (item.section === "class" && CLASS_OF_A_FLOW.test(item.text) ? null : item),
  },
];

/** Returns the item after all rules, in their order; null when one excluded it. */
export function ruled<C>(rules: readonly Rule<C>[], item: Item, context: C): Item | null {
  return rules.reduce<Item | null>((left, rule) => (left === null ? null : rule.test(left, context)), item);
}

function withoutAge(item: Item): Item {
  return item.section === "fdb" ? { ...item, text: item.text.replace(/ stale\b/, "") } : item;
}

/**
 * Returns a neighbour without its changing parts. `managed`: the kernel must keep it resolved, so the hardware address
 * is the kernel's. Source: ip-neighbour(8).
 */
function keptNeighbour(item: Item): Item | null {
  const { text } = item;
  if (/ (PERMANENT|NOARP|proxy)$/.test(text)) return item;
  if (!/\b(extern_learn|managed)\b/.test(text)) return null;
  const stateless = text.replace(/ (router|[A-Z]+)\b/g, "");
  return { ...item, text: /\bmanaged\b/.test(text) ? stateless.replace(/ lladdr \S+/, "") : stateless };
}

function isExpiringElement({ section, scope, text }: Item, expiring: ReadonlySet<string>): boolean {
  if (section !== "nft" || !scope.endsWith(" elements")) return false;
  return expiring.has(scope.slice(0, -" elements".length)) || / timeout \S/.test(text);
}
