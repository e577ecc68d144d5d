import type { Icmp } from "./packet.ts";

/** The names of ICMP's types and codes that users of a network meet (RFC 792, 1122, 1812; RFC 4443, 4861). */
const UNREACHABLE = [
  "network unreachable",
  "host unreachable",
  "protocol unreachable",
  "port unreachable",
  "fragmentation needed",
  "source route failed",
  "network unknown",
  "host unknown",
  "source host isolated",
  "network prohibited",
  "host prohibited",
  "network unreachable for this service",
  "host unreachable for this service",
  "administratively prohibited",
];
const UNREACHABLE_V6 = [
  "no route",
  "administratively prohibited",
  "beyond scope of source",
  "address unreachable",
  "port unreachable",
  "source address failed policy",
  "route rejected",
];
const EXCEEDED = ["hop limit exceeded", "reassembly time exceeded"];

const TYPES: Readonly<Record<number, string>> = {
  0: "echo reply",
  4: "source quench",
  5: "redirect",
  8: "echo request",
  9: "router advertisement",
  10: "router solicitation",
  12: "parameter problem",
};
const TYPES_V6: Readonly<Record<number, string>> = {
  2: "packet too big",
  4: "parameter problem",
  128: "echo request",
  129: "echo reply",
  130: "multicast listener query",
  131: "multicast listener report",
  132: "multicast listener done",
  133: "router solicitation",
  134: "router advertisement",
  135: "neighbour solicitation",
  136: "neighbour advertisement",
  137: "redirect",
  143: "multicast listener report",
};

/** Returns the name of an ICMP message, or its numbers when it has no name here. */
export function icmpName({ family, type, code }: Pick<Icmp, "family" | "type" | "code">): string {
  const byCode = family === 4 ? { 3: UNREACHABLE, 11: EXCEEDED } : { 1: UNREACHABLE_V6, 3: EXCEEDED };
  const names = (byCode as Readonly<Record<number, readonly string[]>>)[type];
  const name = names ? names[code] : (family === 4 ? TYPES : TYPES_V6)[type];
  return name ?? `type ${type} code ${code}`;
}
