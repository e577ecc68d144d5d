import { ANY_PORT, type Head } from "./heads.ts";
import { isWithin } from "../facts/routes.ts";

/** The conditions of a rule's text on a packet's head, as far as we parse them; others are assumed to hold. */
interface Terms {
  readonly asks: number;
  readonly holds: (head: Head) => boolean;
}

/** Returns true when a rule of iptables or nft can match one of these packets. Pure. */
export function canMatch(text: string, heads: readonly Head[]): boolean {
  const { holds } = termsOf(text);
  return heads.some(holds);
}

/**
 * Returns the number of its conditions on addresses, protocol and ports; a rule with none matches every packet. Pure.
 */
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
  const terms = TERMS.flatMap(([pattern, pick]) => {
    const match = pattern.exec(text);
    // The members of a named set are listed elsewhere.
    if (!match || match[2]?.startsWith("@")) return [];
    return [{ isNot: (match[1] ?? "") !== "", values: valuesOf(match[2] ?? ""), pick }];
  });
  const holds = (head: Head): boolean =>
    terms.every(({ isNot, values, pick }) => values.some((value) => isEqual(pick(head), value)) !== isNot);
  return { asks: terms.length, holds };
}

function valuesOf(text: string): readonly string[] {
  return text
    .replace(/[{}]/g, "")
    .split(",")
    .map((value) => value.trim());
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
