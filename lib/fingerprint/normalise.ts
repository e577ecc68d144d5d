import type { Fingerprint, Item, Section } from "./fingerprint.ts";
import { ipsetItems, iptablesItems, nftItems } from "./firewall.ts";
import { classItems, filterItems, qdiscItems } from "./traffic-control.ts";

/** Returns the comparable facts in collect.sh's output. Pure. */
export function normalise(collected: string): Fingerprint {
  const missing: string[] = [];
  const lines = new Map<string, string[]>();
  let section = "";
  for (const line of collected.split("\n")) {
    if (line.startsWith("@@ ")) lines.set((section = line.slice(3)), []);
    else if (line.startsWith("@! ")) missing.push(`${section}: ${line.slice(3)}`);
    else if (line.trim() !== "") lines.get(section)?.push(line);
  }
  lines.delete("end");
  const ownTables = tablesOfIptablesNft(lines, missing);
  const items = [...lines].flatMap(([name, text]) => itemsOf(name as Section, text, ownTables));
  return { items, missing };
}

function itemsOf(section: Section, lines: readonly string[], ownTables: ReadonlySet<string>): readonly Item[] {
  switch (section) {
    case "sysctl":
      return lines.map(sysctlItem);
    case "link":
      return linkItems(lines);
    case "iptables-nft":
    case "ip6tables-nft":
    case "iptables-legacy":
    case "ip6tables-legacy":
      return iptablesItems(section, lines);
    case "nft":
      return nftItems(lines).filter(({ scope }) => !ownTables.has(scope.split(" ").slice(0, 2).join(" ")));
    case "ipset":
      return ipsetItems(lines);
    case "qdisc":
      return qdiscItems(lines);
    case "class":
      return classItems(lines);
    case "filter":
      return filterItems(lines);
    default:
      return lines.map((line) => ({ section, scope: "", text: steady(line), unordered: section !== "rule" }));
  }
}

/**
 * Returns `net/ipv4/conf/eth0.100/forwarding:1` as `net.ipv4.conf.eth0/100.forwarding` and `1`, in sysctl(8)'s
 * notation.
 */
function sysctlItem(line: string): Item {
  const colon = line.indexOf(":");
  const scope = line.slice(0, colon).replace(/[./]/g, (separator) => (separator === "/" ? "." : "/"));
  return {
    section: "sysctl",
    scope,
    text: line
      .slice(colon + 1)
      .replace(/\s+/g, " ")
      .trim(),
  };
}

/**
 * Returns a line of ip(8) or bridge(8) without lifetimes, reference counts and `tentative`, the first second of a new
 * IPv6 address.
 */
function steady(line: string): string {
  return line
    .replace(/ tentative\b/, "")
    .replace(/ (valid_lft|preferred_lft|expires|refcnt|used) \S+/g, "")
    .replace(/^\d+: (?=\S+ +inet)/, "")
    .replace(/[\s\\]+/g, " ")
    .trim();
}

/** Bridge timers, and the topology fields that change even with the spanning tree off. */
const LINK_CLOCK = /(_timer|topology_change\w*)$/;

function linkItems(lines: readonly string[]): readonly Item[] {
  if (lines.length === 0) return [];
  const links = JSON.parse(lines.join("\n")) as readonly { readonly ifname?: string }[];
  return links.flatMap((link) => {
    const facts = flat(link, "").filter(([key]) => key !== "ifname" && !LINK_CLOCK.test(key));
    return facts.map(([key, text]): Item => ({ section: "link", scope: `${link.ifname} ${key}`, text }));
  });
}

function flat(value: unknown, path: string): readonly (readonly [string, string])[] {
  if (Array.isArray(value) || typeof value !== "object" || value === null) {
    return [[path, typeof value === "string" ? value : JSON.stringify(value)]];
  }
  return Object.entries(value).flatMap(([key, inner]) => flat(inner, path === "" ? key : `${path}.${key}`));
}

/**
 * Returns the nft tables that belong to iptables-nft, such as `ip nat`: iptables-nft prints them itself, and nft would
 * repeat them. A table with rules that iptables cannot express is not among them.
 */
function tablesOfIptablesNft(lines: ReadonlyMap<string, readonly string[]>, missing: readonly string[]): Set<string> {
  const own = new Set<string>();
  const families = [
    ["ip", "iptables-nft"],
    ["ip6", "ip6tables-nft"],
  ] as const;
  for (const [family, section] of families) {
    const printed = (lines.get(section) ?? []).join("\n");
    if (missing.some((line) => line.startsWith(`${section}:`)) || printed.includes("is incompatible")) continue;
    for (const table of ["filter", "nat", "mangle", "raw", "security"]) own.add(`${family} ${table}`);
  }
  return own;
}
