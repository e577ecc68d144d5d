import type { Fingerprint, Item } from "./fingerprint.ts";
import { forwardingDevice, forwardingEffects } from "./ipv6-forwarding.ts";
import { expiringSetsOf, KERNEL_RULES, type ExpiringSets, type Rule } from "./kernel-rules.ts";

/** The context of the rules for one fingerprint of a host. */
export interface HostContext extends ExpiringSets {
  /** Marks of our clusters (bridges, comments of closing rules) that have gone since the first fingerprint. */
  readonly cleanedUp: ReadonlySet<string>;
  /** Devices whose IPv6 forwarding is not compared: they began to forward, came or went. */
  readonly forwarding: ReadonlySet<string>;
  /** Sections of ip6tables whose FORWARD policy became DROP when the host began to forward IPv6. */
  readonly forwardDrops: ReadonlySet<string>;
  /** Texts of anycast routes that came when a device began to forward IPv6. */
  readonly anycastRoutes: ReadonlySet<string>;
  /** Texts of advertised addresses, and their routes, that aged since a device began to forward IPv6. */
  readonly advertised: ReadonlySet<string>;
}

/** Returns the contexts of a host before and after. Pure. */
export function hostContexts(before: Fingerprint, after: Fingerprint): readonly [HostContext, HostContext] {
  const left = new Set(after.items.flatMap(marksOf));
  const cleanedUp = new Set(before.items.flatMap(marksOf).filter((mark) => !left.has(mark)));
  const { switchedOn, moved, anycastRoutes, expired, deprecated } = forwardingEffects(before, after);
  const forwarding = new Set([...switchedOn, ...moved]);
  const none: ReadonlySet<string> = new Set();
  const [was, is] = [expiringSetsOf(before), expiringSetsOf(after)];
  const forwardDrops = forwardDropsOf(before, after, switchedOn);
  return [
    { expiringSets: was, cleanedUp, forwarding, forwardDrops: none, anycastRoutes: none, advertised: expired },
    { expiringSets: is, cleanedUp: none, forwarding, forwardDrops, anycastRoutes, advertised: deprecated },
  ];
}

function forwardDropsOf(before: Fingerprint, after: Fingerprint, switchedOn: ReadonlySet<string>): ReadonlySet<string> {
  if (!switchedOn.has("all") && !switchedOn.has("default")) return new Set();
  const drops = ({ items }: Fingerprint) => items.filter(isForwardDrop).map(({ section }) => section);
  const dropped = drops(before);
  return new Set(drops(after).filter((section) => !dropped.includes(section)));
}

/**
 * Counters, and values that the kernel numbers or tunes by itself. Source: kernel
 * Documentation/admin-guide/sysctl/{fs,kernel}.rst; vm has none.
 */
const LIVE = [
  /^fs\.(aio-nr|dentry-state|file-nr|inode-nr|inode-state)$/,
  /^fs\.quota\.(?!warnings$)/,
  /^kernel\.(ns_last_pid|pty\.nr|random\.(uuid|entropy_avail))$/,
  /^kernel\.(hung_task_(detect_count|warnings)|perf_event_max_sample_rate)$/,
];

/**
 * Docker's names for its default bridge, a network's bridge, and the host's end of a container's veth pair (moby,
 * libnetwork/drivers/bridge).
 */
const DOCKER_BRIDGE = /^(docker0|docker_gwbridge|br-[0-9a-f]{12})$/;
const DOCKER_WIRE = /^veth[0-9a-f]{7}$/;
/** The bridge of our Docker network is named after its cluster (clusters/create/network.ts). */
const CLUSTER_BRIDGE = /^fl-[a-z0-9-]{1,12}$/;
/** Docker's own chains. DOCKER-USER is left to Docker's users, such as us, and is not one. */
const DOCKER_CHAIN = /^DOCKER(-ISOLATION-STAGE-[12]|-FORWARD|-BRIDGE|-CT|-INTERNAL|-INGRESS)?$/;
const CLOSING_RULE = /--comment "?faultline:([a-z0-9-]+)/;

/** Docker's own objects, and other permitted changes on a host, with those that the kernel makes anywhere. */
export const HOST_RULES: readonly Rule<HostContext>[] = [
  ...KERNEL_RULES,
  {
    name: "sysctl-live",
    why:
      "counters of live objects, the last number assigned, " +
      "and a limit that the kernel lowers under load are not settings",
    test: (item) => (item.section === "sysctl" && LIVE.some((pattern) => pattern.test(item.scope)) ? null : item),
  },
  {
    name: "accepting-chain",
    why:
      "iptables creates a table's built-in chains at the first request; " +
      "one that accepts and holds no rule has no effect",
    test: (item) => (isFirewall(item) && item.text === "chain, policy ACCEPT" ? null : item),
  },
  {
    name: "docker-device",
    why:
      "Docker's bridges and veth pairs come and go with networks and containers, " +
      "with their addresses, routes, sysctls and forwarding entries",
    test: (item) => (isAboutDevice(item, DOCKER_BRIDGE) || isAboutDevice(item, DOCKER_WIRE) ? null : item),
  },
  {
    name: "cluster-bridge",
    why: "Docker manages the bridge of a cluster's network; only its existence is compared",
    test: (item) => {
      if (!isAboutDevice(item, CLUSTER_BRIDGE)) return item;
      return / ifindex$/.test(item.scope) ? { ...item, text: "the bridge of a cluster" } : null;
    },
  },
  {
    name: "cluster-cleaned-up",
    why: "a cluster of an earlier run may be deleted in the meantime (./faultline gc); a new one is a leftover",
    test: (item, { cleanedUp }) => (marksOf(item).some((mark) => cleanedUp.has(mark)) ? null : item),
  },
  {
    name: "docker-chain",
    why: "Docker rewrites these chains whenever a network or a published port comes or goes",
    test: (item) => (isFirewall(item) && DOCKER_CHAIN.test(chainOf(item)) ? null : item),
  },
  {
    name: "docker-forward",
    why: "Docker accepts traffic from and to each of its bridges",
    test: (item) => (isDockerForward(item) ? null : item),
  },
  {
    name: "docker-masquerade",
    why: "Docker masquerades packets that leave its networks, and those of a container to its own published port",
    test: (item) => (isDockerMasquerade(item) ? null : item),
  },
  {
    name: "docker-ipv6-forwarding",
    why:
      "with its first IPv6 network Docker lets the host forward IPv6, which the kernel also writes to each device, " +
      "and never resets it (moby, libnetwork/drivers/bridge/setup_ipv6.go, in 28 setup_ip_forwarding.go)",
    // IPv4's switch is not excused: Docker sets it at its start, and cli/commands/test.ts starts Docker before it takes
    // a host's fingerprint.
    test: (item, { forwarding }) => (forwarding.has(forwardingDevice(item) ?? "") ? null : item),
  },
  {
    name: "docker-ipv6-forward-drop",
    why:
      "Docker 28 and newer set the policy of ip6tables' FORWARD to DROP when they let the host forward IPv6 " +
      "(moby, libnetwork/drivers/bridge/setup_ip_forwarding.go)",
    test: (item, { forwardDrops }) => (isForwardDrop(item) && forwardDrops.has(item.section) ? null : item),
  },
  {
    name: "ipv6-forwarding-anycast",
    why:
      "the kernel answers for the subnet-router anycast address of each prefix of a device " +
      "while that device forwards IPv6 (net/ipv6/addrconf.c, dev_forward_change)",
    test: (item, { anycastRoutes }) => (item.section === "route" && anycastRoutes.has(item.text) ? null : item),
  },
  {
    name: "ipv6-forwarding-advertised",
    why:
      "a device that forwards IPv6 ignores router advertisements, " +
      "so advertised addresses expire with their routes (include/net/ipv6.h, ipv6_accept_ra)",
    test: (item, { advertised }) => (isAddressOrRoute(item) && advertised.has(item.text) ? null : item),
  },
  {
    name: "docker-direct-access",
    why: "Docker 28 and newer drop packets to a container's address that bypass its bridge",
    test: (item) => (isDockerDirectAccess(item) ? null : item),
  },
];

function isFirewall({ section }: Item): boolean {
  return section.includes("tables") || section === "nft";
}

function isAddressOrRoute({ section }: Item): boolean {
  return section === "address" || section === "route";
}

function isForwardDrop({ section, scope, text }: Item): boolean {
  return section.startsWith("ip6tables") && scope === "filter FORWARD" && text === "chain, policy DROP";
}

/** Returns the chain of iptables-save's scope: FORWARD of `filter FORWARD`. */
function chainOf({ scope }: Item): string {
  return scope.split(" ")[1] ?? "";
}

/** Returns true when an item outside the firewall names such a device in its scope or text. */
function isAboutDevice(item: Item, name: RegExp): boolean {
  const { section, scope, text } = item;
  const words = section === "sysctl" ? scope.split(".") : `${scope} ${text}`.split(/[\s"@]+/);
  return !isFirewall(item) && words.some((word) => name.test(word));
}

function isBridge(name: string | undefined): boolean {
  return name !== undefined && (DOCKER_BRIDGE.test(name) || CLUSTER_BRIDGE.test(name));
}

/** Returns the marks of our clusters: `fl-ID` of a bridge, `faultline-ID` of a closing rule. */
function marksOf(item: Item): readonly string[] {
  if (item.section === "link") return [item.scope.split(" ")[0] ?? ""].filter((name) => CLUSTER_BRIDGE.test(name));
  if (!isFirewall(item) || !(chainOf(item) === "DOCKER-USER" || item.scope === "mangle FORWARD")) return [];
  return [CLOSING_RULE.exec(item.text)?.[1]].filter((name) => name !== undefined);
}

function isDockerForward({ section, scope, text }: Item): boolean {
  if (!section.includes("tables") || scope !== "filter FORWARD") return false;
  return isBridge(/^-A FORWARD -[io] (\S+) (?:.* )?-j (?:ACCEPT|DOCKER)$/.exec(text)?.[1]);
}

function isDockerMasquerade({ section, scope, text }: Item): boolean {
  if (!section.includes("tables") || scope !== "nat POSTROUTING") return false;
  const toItself = /^-A POSTROUTING -s (\S+) -d \1 -p \w+ -m \w+ --dport \d+ -j MASQUERADE$/;
  return isBridge(/^-A POSTROUTING -s \S+ ! -o (\S+) -j MASQUERADE$/.exec(text)?.[1]) || toItself.test(text);
}

function isDockerDirectAccess({ section, scope, text }: Item): boolean {
  if (!section.includes("tables") || scope !== "raw PREROUTING") return false;
  return isBridge(/^-A PREROUTING -d \S+ ! -i (\S+) -j DROP$/.exec(text)?.[1]);
}
