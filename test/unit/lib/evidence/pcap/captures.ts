/** The recorded captures of test/fixtures/pcap with tshark's decoding of each. */
import { readdirSync, readFileSync } from "node:fs";
import type { Answer, TsharkField } from "../../../../fixtures/pcap/tshark.ts";

const folder = new URL("../../../../fixtures/pcap/", import.meta.url);

export interface RecordedCapture {
  readonly name: string;
  readonly bytes: Buffer;
  readonly answers: readonly Answer[];
}

export const RECORDED: readonly RecordedCapture[] = readdirSync(folder)
  .filter((file) => file.endsWith(".pcap"))
  .map((file) => file.slice(0, -".pcap".length))
  .map((name) => ({
    name,
    bytes: readFileSync(new URL(`${name}.pcap`, folder)),
    answers: (JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8")) as { packets: Answer[] }).packets,
  }));

export function recorded(name: string): RecordedCapture {
  const found = RECORDED.find((one) => one.name === name);
  if (!found) throw new Error(`no capture ${name}`);
  return found;
}

/** The layers that we decode; tshark knows thousands more. */
const OUR_LAYERS = new Set("eth sll vlan ieee8021ad arp ip ipv6 tcp udp icmp icmpv6 vxlan geneve dns".split(" "));
/** IPv6 extension headers, with the place of their next header field. */
const NEXT: Readonly<Record<string, TsharkField>> = {
  0: "ipv6.hopopts.nxt",
  43: "ipv6.routing.nxt",
  44: "ipv6.fraghdr.nxt",
  51: "ah.next_header",
  60: "ipv6.dstopts.nxt",
};

/**
 * Returns tshark's answer without layers that we do not decode, and with the last of IPv6's next headers in place of
 * the first.
 */
export function inOurTerms(answer: Answer): Answer {
  const steps = new Map(Object.values(NEXT).map((field) => [field, [...(answer[field] ?? [])]]));
  const lastOf = (next: string): string => {
    const following = NEXT[next] && steps.get(NEXT[next])?.shift();
    return following === undefined ? next : lastOf(following);
  };
  const chains = answer["ipv6.nxt"]?.map(lastOf);
  const layers = (answer["frame.protocols"]?.[0] ?? "").split(":").filter((name) => OUR_LAYERS.has(name));
  const rest = Object.entries(answer).filter(([field]) => !Object.values<string>(NEXT).includes(field));
  return {
    ...Object.fromEntries(rest),
    "frame.protocols": [layers.join(":")],
    ...(chains && { "ipv6.nxt": chains }),
  };
}
