import { ANY_PORT, type Head } from "./heads.ts";
import { isWithin } from "../facts/routes.ts";

/** What a rule's text asks of a packet's head, as far as we understand it; what we do not understand is taken to hold. */
interface Terms {
  readonly asks: number;
  readonly holds: (head: Head) => boolean;
}

/** Whether a rule of iptables or nft can be about one of these packets. Pure. */
export function canMatch(text: string, heads: readonly Head[]): boolean {
  const { holds } = termsOf(text);
  return heads.some(holds);
}

/** How many of its terms are about addresses, protocol and ports: one that asks for nothing is about everybody. Pure. */
export function termsAsked(text: string): number {
  return termsOf(text).asks;
}

type Pick = (head: Head) => string | number | null;

const TERMS: readonly (readonly [pattern: RegExp, pick: Pick])[] = [
  [/(! )?-s (\S+)/, ({ source }) => source],
  [/(! )?-d (\S+)/, ({ destination }) => destination],
  [/(! )?-p (\S+)/, ({ protocol }) => protocol],
  [/(! )?--sports? (\S+)/, ({ sourcePort }) => sourcePort],
  [/(! )?--dports? (\S+)/, ({ destinationPort }) => destinationPort],
  [/\bip6? saddr (!= )?(\{[^}]*\}|\S+)/, ({ source }) => source],
  [/\bip6? daddr (!= )?(\{[^}]*\}|\S+)/, ({ destination }) => destination],
  [/\b(?:tcp|udp|th) sport (!= )?(\{[^}]*\}|\S+)/, ({ sourcePort }) => sourcePort],
  [/\b(?:tcp|udp|th) dport (!= )?(\{[^}]*\}|\S+)/, ({ destinationPort }) => destinationPort],
  [/\b(?:meta l4proto|ip protocol|ip6 nexthdr) (!= )?(\{[^}]*\}|\S+)/, ({ protocol }) => protocol],
  [/()\b(tcp|udp|icmp)(?= (?:sport|dport|type|flags)\b)/, ({ protocol }) => protocol],
];

function termsOf(text: string): Terms {
  const found = TERMS.flatMap(([pattern, pick]) => {
    const match = pattern.exec(text);
    // A named set's members are elsewhere.
    if (!match || match[2]?.startsWith("@")) return [];
    return [{ isNot: (match[1] ?? "") !== "", values: valuesOf(match[2] ?? ""), pick }];
  });
  const holds = (head: Head): boolean =>
    found.every(({ isNot, values, pick }) => values.some((value) => isEqual(pick(head), value)) !== isNot);
  return { asks: found.length, holds };
}

function valuesOf(text: string): readonly string[] {
  return text
    .replace(/[{}]/g, "")
    .split(",")
    .map((one) => one.trim());
}

function isEqual(actual: string | number | null, value: string): boolean {
  if (actual === ANY_PORT) return true;
  if (typeof actual === "number") {
    const [from = "", to = from] = value.split(/[-:]/);
    return Number(from) <= actual && actual <= Number(to);
  }
  if (actual === null) return false;
  return actual === value.replace("ipv6-icmp", "icmp").replace("icmpv6", "icmp") || isWithin(actual, value);
}
