import ipaddr from "ipaddr.js";

/** An address and port that ipvs serves, with its destinations: `10.244.1.3:8080`, IPv6 in brackets. */
export interface VirtualServer {
  readonly protocol: "tcp" | "udp" | "sctp";
  readonly address: string;
  readonly port: number;
  readonly destinations: readonly string[];
}

/**
 * Matches `TCP  0A60000A:0035 rr` and, below it, `  -> 0AF40002:0035      Masq    1 …`: addresses and ports in
 * hexadecimal, IPv6 as `[fd00:0010:…]:0035`. Source: ip_vs_info_seq_show, net/netfilter/ipvs/ip_vs_ctl.c.
 */
const LINE = /^(TCP|UDP|SCTP| {2}->) +(?:([0-9A-F]{8})|\[([0-9a-f:]+)\]):([0-9A-F]{4})\b/;

/** Parses the text of /proc/net/ip_vs. Pure. */
export function virtualServersIn(text: string): readonly VirtualServer[] {
  const servers: { -readonly [K in keyof VirtualServer]: VirtualServer[K] }[] = [];
  for (const line of text.split("\n")) {
    const [, word = "", v4, v6 = "::", hexPort = ""] = LINE.exec(line) ?? [];
    if (word === "") continue;
    const address = v4 === undefined ? ipaddr.parse(v6).toString() : dotted(v4);
    const port = Number.parseInt(hexPort, 16);
    const last = servers.at(-1);
    if (word !== "  ->")
      servers.push({ protocol: word.toLowerCase() as VirtualServer["protocol"], address, port, destinations: [] });
    else if (last) last.destinations = [...last.destinations, `${v4 === undefined ? `[${address}]` : address}:${port}`];
  }
  return servers;
}

function dotted(hex: string): string {
  return [0, 2, 4, 6].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join(".");
}

/** Returns the line of `ip address show` that gives a device this address, or null. Pure. */
export function addressLine(text: string, device: string, address: string): string | null {
  let current = "";
  for (const line of text.split("\n")) {
    current = /^\d+: ([^:@\s]+)/.exec(line)?.[1] ?? current;
    if (current === device && /^\s+inet6? (\S+)\/\d+ /.exec(line)?.[1] === address) return line.trim();
  }
  return null;
}
