import ipaddr from "ipaddr.js";

/** A line of `ip route show table all`. */
export interface Route {
  /** `unicast`, or what it does instead: `blackhole`, `unreachable`, … */
  readonly type: string;
  readonly prefix: string;
  readonly device: string | null;
  readonly via: string | null;
  readonly table: string;
  readonly text: string;
}

const TYPES = "local|broadcast|multicast|anycast|blackhole|unreachable|prohibit|throw|unicast";

/** The routes of a text. What is no route is left out. Pure. */
export function routesIn(text: string): readonly Route[] {
  const lines = text.split("\n").map((line) => line.trim());
  return lines.flatMap((line) => {
    const [, type = "unicast", to = ""] = new RegExp(`^(?:(${TYPES}) )?(\\S+)`).exec(line) ?? [];
    const prefix = to === "default" ? defaultOf(line) : withLength(to);
    const after = (word: string): string | null => new RegExp(` ${word} (\\S+)`).exec(line)?.[1] ?? null;
    if (prefix === null) return [];
    return [{ type, prefix, device: after("dev"), via: after("via"), table: after("table") ?? "main", text: line }];
  });
}

function defaultOf(line: string): string {
  return / pref | via [0-9a-f]*:/.test(line) ? "::/0" : "0.0.0.0/0";
}

function withLength(prefix: string): string | null {
  const [address = "", length] = prefix.split("/");
  if (!ipaddr.isValid(address)) return null;
  const longest = ipaddr.parse(address).kind() === "ipv4" ? 32 : 128;
  return `${address}/${length ?? longest}`;
}

/** Whether an address is in a prefix; false for what is neither. Pure. */
export function isWithin(address: string, prefix: string): boolean {
  const full = withLength(prefix);
  if (full === null || !ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  const [network, length] = ipaddr.parseCIDR(full);
  return parsed.kind() === network.kind() && parsed.match([network, length] as [ipaddr.IPv4, number]);
}

/** The route of the main table that an address takes: the longest prefix. Policy rules are not asked. Pure. */
export function routeTo(routes: readonly Route[], address: string): Route | null {
  const covering = routes.filter(({ table, prefix }) => table === "main" && isWithin(address, prefix));
  const length = ({ prefix }: Route): number => Number(prefix.split("/")[1]);
  const sorted = [...covering].sort((a, b) => length(b) - length(a));
  return sorted.find(({ type }) => type !== "throw") ?? null;
}
