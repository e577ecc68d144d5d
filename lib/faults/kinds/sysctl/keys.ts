/**
 * Keys with one value for the whole machine, although a node's namespace shows them, and keys whose write is an action.
 * Source: kernel Documentation/networking/{nf_conntrack-sysctl,ip-sysctl}.rst, net/core/{neighbour,sysctl_net_core}.c,
 * net/netfilter/nf_hooks_lwtunnel.c (6.18).
 */
const HOST_WIDE: readonly RegExp[] = [
  /^net\.(netfilter\.)?nf_conntrack_(max|buckets|expect_max)$/,
  /^net\.netfilter\.(nf_log_all_netns|nf_hooks_lwtunnel)$/,
  /^net\.ipv[46]\.neigh\.(default\.|.*\.gc_(thresh[0-9]+|interval|stale_time)$)/,
  /^net\.ipv4\.(tcp_mem|udp_mem|tcp_max_orphans|tcp_allowed_congestion_control|inet_peer_.*|ipfrag_secret_interval)$/,
  /^net\.ipv[46]\.route\.(gc_.*|max_size|error_.*|redirect_.*)$/,
  /^net\.core\.(?!(somaxconn|optmem_max|txrehash|xfrm_.*)$)/,
  /\.flush$/,
];

/**
 * Paths whose write does more than hold a value, which no write takes back: it removes addresses with their routes and
 * neighbours, or creates some (addrconf_disable_ipv6, addrconf_sysctl_addr_gen_mode, addrconf_sysctl_stable_secret in
 * net/ipv6/addrconf.c), or gives every route of every address the one value (addrconf_sysctl_disable_policy).
 */
const MORE_THAN_A_VALUE = /^net\/ipv6\/conf\/([^/]+\/(disable_ipv6|addr_gen_mode|stable_secret)|all\/disable_policy)$/;

/**
 * Views of another key in a coarser unit, through which its value cannot be put back. Source: neigh_sysctl_table in
 * net/core/neighbour.c (6.18).
 */
const COARSER_VIEW = /^net[./]ipv[46][./]neigh[./].+[./](unres_qlen|retrans_time|base_reachable_time)$/;

/**
 * One value under several keys: writing one of them writes or hides the others. Must match the values of capture.sh.
 */
const SWITCHES: readonly (readonly [RegExp, string])[] = [
  [/^net\/ipv4\/(ip_forward|conf\/[^/]+\/(forwarding|accept_redirects))$/, "net/ipv4/forwarding"],
  [/^net\/(ipv[46])\/conf\/[^/]+\/([^/]+)$/, "net/$1/conf/$2"],
];

/** Tells whether a key belongs to the machine, so that writing it would reach beyond the node. */
export function isHostWide(key: string): boolean {
  const dotted = key.replaceAll("/", ".");
  return HOST_WIDE.some((pattern) => pattern.test(dotted));
}

/** Tells whether a key changes addresses or routes too, which writing it back does not restore. */
export function isMoreThanAValue(key: string): boolean {
  return MORE_THAN_A_VALUE.test(sysctlPath(key));
}

/** Tells whether a key is another one in a coarser unit. */
export function isCoarserView(key: string): boolean {
  return COARSER_VIEW.test(key);
}

/**
 * Returns the key's path under /proc/sys. As in sysctl(8), a `/` in a dotted key stands for a dot within a name:
 * `net.ipv4.conf.eth0/100.rp_filter`.
 */
export function sysctlPath(key: string): string {
  return key.replace(/[./]/g, (separator) => (separator === "." ? "/" : "."));
}

/** Returns the claim of a key. A device's value depends on those of `all` and `default`, so they share one claim. */
export function sysctlClaim(key: string): string {
  const path = sysctlPath(key);
  const found = SWITCHES.find(([pattern]) => pattern.test(path));
  return `sysctl ${found ? path.replace(...found) : path}`;
}
