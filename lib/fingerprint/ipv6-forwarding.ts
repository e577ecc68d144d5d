import type { Fingerprint } from "./fingerprint.ts";

/**
 * The items that the kernel adds or takes away by itself when a device begins or stops to forward IPv6, seen from one
 * of two fingerprints. Each set of texts holds only items that the other fingerprint lacks.
 *
 * Other effects need no entry. Rules of the kernel's own excuse routes of `proto ra` (rt6_purge_dflt_routers in
 * net/ipv6/route.c) and the Ethernet side of multicast memberships (dev_forward_change in net/ipv6/addrconf.c) at any
 * time. No fingerprint shows large-receive offload (dev_disable_lro), /proc/net/anycast6 or /proc/net/igmp6.
 */
export interface ForwardingEffects {
  /** Devices that forward here and not there. `all` and `default` count as devices. */
  readonly forwards: ReadonlySet<string>;
  /**
   * Routes for the subnet-router anycast addresses of such devices. Source: dev_forward_change and
   * addrconf_join_anycast in net/ipv6/addrconf.c, __ipv6_dev_ac_inc in net/ipv6/anycast.c.
   */
  readonly anycastRoutes: ReadonlySet<string>;
  /**
   * Addresses from router advertisements, and their routes, on devices that forward on one side only. A device that
   * forwards ignores advertisements unless accept_ra is 2, so its address is deprecated and then expires. Source:
   * ipv6_accept_ra in include/net/ipv6.h, addrconf_prefix_rcv and addrconf_verify_rtnl in net/ipv6/addrconf.c.
   */
  readonly advertised: ReadonlySet<string>;
}

/** The effects in `here`, compared with `there`. Pure. */
export function forwardingEffects(here: Fingerprint, there: Fingerprint): ForwardingEffects {
  const forwards = forwardsOnlyIn(here, there);
  const elsewhere = new Set(there.items.map(({ text }) => text));
  const onlyHere = (texts: readonly string[]) => new Set(texts.filter((text) => !elsewhere.has(text)));
  return {
    forwards,
    anycastRoutes: onlyHere(subnetRouterRoutes(here, forwards)),
    advertised: onlyHere([
      ...expired(here, there, deaf(there, forwardsOnlyIn(there, here))),
      ...deprecated(here, there, deaf(here, forwards)),
    ]),
  };
}

interface Address {
  readonly device: string;
  readonly address: string;
  readonly length: number;
  readonly text: string;
}

/** `eth0 inet6 fd00::2/64 scope global`. With a peer, the length is that of the peer's prefix and of the local one. */
const ADDRESS = /^(\S+) inet6 ([0-9a-f:.]+)(?: peer \S+?)?\/(\d+) /;
/** Only the kernel writes metric 0: it takes 0 from ip(8) for 1024 (measured on 6.18). A VRF has a table of its own. */
const ANYCAST = /^anycast ([0-9a-f]*:[0-9a-f:.]*) dev (\S+) table \S+ proto kernel metric 0 /;
/** The kernel's flags for an address from an advertisement (addrconf_prefix_rcv_add_addr, ipv6_create_tempaddr). */
const ADVERTISED = / (mngtmpaddr\b|temporary\b.* dynamic\b)/;

function addressesOf({ items }: Fingerprint): readonly Address[] {
  return items.flatMap(({ section, text }): readonly Address[] => {
    const [, device = "", address = "", length = ""] = (section === "address" ? ADDRESS.exec(text) : null) ?? [];
    return device === "" ? [] : [{ device, address, length: Number(length), text }];
  });
}

/** A setting of net.ipv6.conf by device. A device's dot is a slash in a sysctl's name. */
function settings({ items }: Fingerprint, key: "forwarding" | "accept_ra"): ReadonlyMap<string, string> {
  const pattern = new RegExp(`^net\\.ipv6\\.conf\\.([^.]+)\\.${key}$`);
  return new Map(
    items.flatMap(({ section, scope, text }) => {
      const device = section === "sysctl" ? pattern.exec(scope)?.[1] : undefined;
      return device === undefined ? [] : [[device.replaceAll("/", "."), text] as const];
    }),
  );
}

/** The kernel takes any value but 0 for on. A device that one side lacks changed nothing. */
function forwardsOnlyIn(here: Fingerprint, there: Fingerprint): ReadonlySet<string> {
  const others = settings(there, "forwarding");
  const changed = [...settings(here, "forwarding")].filter(([device, on]) => on !== "0" && others.get(device) === "0");
  return new Set(changed.map(([device]) => device));
}

/** Devices that ignore router advertisements because they forward. */
function deaf(fingerprint: Fingerprint, forwards: ReadonlySet<string>): ReadonlySet<string> {
  const accepts = settings(fingerprint, "accept_ra");
  return new Set([...forwards].filter((device) => accepts.get(device) === "1"));
}

/** The kernel makes none for a length of 127 or 128, nor for `::` (addrconf_join_anycast). */
function subnetRouterRoutes(here: Fingerprint, forwards: ReadonlySet<string>): readonly string[] {
  const prefixes = addressesOf(here).filter(({ device, length }) => forwards.has(device) && length < 127);
  const routers = new Set(prefixes.map((one) => `${one.device} ${prefixOf(one)}`).filter((one) => !one.endsWith(" 0")));
  const routes = here.items.filter(({ section, text }) => {
    const [, address = "", device = ""] = (section === "route" ? ANYCAST.exec(text) : null) ?? [];
    return address !== "" && routers.has(`${device} ${bitsOf(address)}`);
  });
  return routes.map(({ text }) => text);
}

/** Advertised addresses that the deaf side lacks or has deprecated. Those that it lacks come with their routes. */
function expired(here: Fingerprint, there: Fingerprint, deafThere: ReadonlySet<string>): readonly string[] {
  const left = addressesOf(there);
  const heard = addressesOf(here).filter(({ device, text }) => deafThere.has(device) && ADVERTISED.test(text));
  const gone = heard.filter((one) => !left.some((other) => isSame(one, other)));
  const aged = heard.filter((one) => left.some((other) => isDeprecatedFormOf(other, one)));
  const routes = gone.flatMap((one) => routesOf(here, one, left));
  return [...gone, ...aged].map(({ text }) => text).concat(routes);
}

/** Addresses of the deaf side that are deprecated there only. */
function deprecated(here: Fingerprint, there: Fingerprint, deafHere: ReadonlySet<string>): readonly string[] {
  const others = addressesOf(there);
  const heard = addressesOf(here).filter(({ device, text }) => deafHere.has(device) && ADVERTISED.test(text));
  return heard.filter((one) => others.some((other) => isDeprecatedFormOf(one, other))).map(({ text }) => text);
}

/** The route to the address itself, and the one to its prefix unless another address keeps that. */
function routesOf({ items }: Fingerprint, one: Address, left: readonly Address[]): readonly string[] {
  const shares = (other: Address) => other.length === one.length && prefixOf(other) === prefixOf(one);
  const isShared = left.some((other) => other.device === one.device && shares(other));
  const itself = `local ${one.address} dev ${one.device} table local proto kernel `;
  const routes = items.filter(({ section, text }) => {
    const [, prefix = "", length = ""] = /^([0-9a-f]*:[0-9a-f:]*)\/(\d+) dev /.exec(text) ?? [];
    if (section !== "route" || prefix === "") return section === "route" && text.startsWith(itself);
    const isOfKernel = text.startsWith(`${prefix}/${length} dev ${one.device} proto kernel `);
    return isOfKernel && !isShared && Number(length) === one.length && bitsOf(prefix) === prefixOf(one);
  });
  return routes.map(({ text }) => text);
}

function isSame(one: Address, other: Address): boolean {
  return one.device === other.device && one.address === other.address;
}

function isDeprecatedFormOf(one: Address, other: Address): boolean {
  return one.text !== other.text && one.text.replace(/ deprecated\b/, "") === other.text;
}

function prefixOf({ address, length }: Address): bigint {
  const hostBits = BigInt(128 - length);
  return (bitsOf(address) >> hostBits) << hostBits;
}

/** The address as a number. URL writes a dotted end as two groups. */
function bitsOf(address: string): bigint {
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const [first, last] = [head, tail ?? ""].map((part) => part.split(":").filter((group) => group !== ""));
  const groups = [
    ...(first ?? []),
    ...Array<string>(8 - (first?.length ?? 0) - (last?.length ?? 0)).fill("0"),
    ...(last ?? []),
  ];
  return groups.reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}
