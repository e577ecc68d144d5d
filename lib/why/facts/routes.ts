import ipaddr from "ipaddr.js";

/** A line of `ip route show table all`. */
export interface Route {
  /** `unicast`, or another type: `blackhole`, `unreachable`, … */
  readonly type: string;
  readonly prefix: string;
  readonly device: string | null;
  readonly via: string | null;
  readonly table: string;
  readonly text: string;
}

const TYPES = "local|broadcast|multicast|anycast|blackhole|unreachable|prohibit|throw|unicast";

/** Returns the routes in a text, without other lines. Pure. */
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

/** Returns true when an address is in a prefix; false for other texts. Pure. */
export function isWithin(address: string, prefix: string): boolean {
  const full = withLength(prefix);
  if (full === null || !ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  const [network, length] = ipaddr.parseCIDR(full);
  return parsed.kind() === network.kind() && parsed.match([network, length] as [ipaddr.IPv4, number]);
}

/** Returns the main table's route for an address, by longest prefix. It ignores policy rules. Pure. */
export function routeTo(routes: readonly Route[], address: string): Route | null {
  const covering = routes.filter(({ table, prefix }) => table === "main" && isWithin(address, prefix));
  const length = ({ prefix }: Route): number => Number(prefix.split("/")[1]);
  const sorted = [...covering].sort((a, b) => length(b) - length(a));
  return sorted.find(({ type }) => type !== "throw") ?? null;
}
