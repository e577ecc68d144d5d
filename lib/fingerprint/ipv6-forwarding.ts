import type { Fingerprint, Item } from "./fingerprint.ts";

/**
 * The changes that follow when devices begin to forward IPv6 between two fingerprints. The other direction has no
 * entry: Docker only switches on, so a device that stops to forward is a difference with all that follows.
 *
 * Other effects need no entry. Rules of the kernel's own excuse routes of `proto ra` (rt6_purge_dflt_routers in
 * net/ipv6/route.c) and the Ethernet side of multicast memberships (dev_forward_change in net/ipv6/addrconf.c) at any
 * time. No fingerprint shows large-receive offload (dev_disable_lro), /proc/net/anycast6 or /proc/net/igmp6.
 */
export interface ForwardingEffects {
  /** Devices that forward after and did not before. `all` and `default` count as devices. */
  readonly switchedOn: ReadonlySet<string>;
  /** Devices that only one fingerprint has. */
  readonly moved: ReadonlySet<string>;
  /**
   * New routes for the subnet-router anycast addresses of devices switched on. Source: dev_forward_change and
   * addrconf_join_anycast in net/ipv6/addrconf.c, __ipv6_dev_ac_inc in net/ipv6/anycast.c.
   */
  readonly anycastRoutes: ReadonlySet<string>;
  /**
   * Addresses from router advertisements on devices switched on, in their form before, with their routes. A device that
   * forwards ignores advertisements unless accept_ra is 2, so its address is deprecated and then expires. Source:
   * ipv6_accept_ra in include/net/ipv6.h, addrconf_prefix_rcv and addrconf_verify_rtnl in net/ipv6/addrconf.c.
   */
  readonly expired: ReadonlySet<string>;
  /** Such addresses in their deprecated form after. */
  readonly deprecated: ReadonlySet<string>;
}

/** Returns the effects of devices that began to forward. Pure. */
export function forwardingEffects(before: Fingerprint, after: Fingerprint): ForwardingEffects {
  const [was, is] = [settings(before, "forwarding"), settings(after, "forwarding")];
  // The kernel takes any value but 0 for on.
  const switchedOn = new Set([...is.keys()].filter((device) => was.get(device) === "0" && is.get(device) !== "0"));
  const deafAfter = deaf(after, switchedOn);
  return {
    switchedOn,
    moved: new Set([...was.keys(), ...is.keys()].filter((device) => !was.has(device) || !is.has(device))),
    anycastRoutes: textsMissing(before, subnetRouterRoutes(after, switchedOn)),
    expired: textsMissing(after, expired(before, after, deafAfter)),
    deprecated: textsMissing(before, deprecated(after, before, deafAfter)),
  };
}

/** Returns the device of an item that is a device's IPv6 forwarding. Pure. */
export function forwardingDevice(item: Item): string | undefined {
  return deviceOf(item, "forwarding");
}

function textsMissing({ items }: Fingerprint, texts: readonly string[]): ReadonlySet<string> {
  const there = new Set(items.map(({ text }) => text));
  return new Set(texts.filter((text) => !there.has(text)));
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

/** Returns the device of a setting of net.ipv6.conf. A device's dot is a slash in a sysctl's name. */
function deviceOf({ section, scope }: Item, key: "forwarding" | "accept_ra"): string | undefined {
  const [, device, name] = (section === "sysctl" ? /^net\.ipv6\.conf\.([^.]+)\.([^.]+)$/.exec(scope) : null) ?? [];
  return name === key ? device?.replaceAll("/", ".") : undefined;
}

/** Returns a setting of net.ipv6.conf by device. */
function settings({ items }: Fingerprint, key: "forwarding" | "accept_ra"): ReadonlyMap<string, string> {
  return new Map(
    items.flatMap((item) => {
      const device = deviceOf(item, key);
      return device === undefined ? [] : [[device, item.text] as const];
    }),
  );
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
