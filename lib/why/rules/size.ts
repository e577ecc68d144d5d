import { likely, proven, type Candidate, type Case, type WhyRule } from "../case/case.ts";
import type { Packet } from "../../evidence/pcap/packet.ts";
import { sightingWords, type Sighting } from "../case/sightings.ts";

export const tooBig: WhyRule = {
  name: "packet-too-big",
  why: "somebody on the way says so himself: fragmentation needed, or packet too big; a device of his that has become smaller is why",
  explain: (one) => {
    const told = one.trace.errors.find(({ packet }) => isTooBig(packet));
    return told ? [explained(one, told)] : [];
  },
};

function isTooBig({ transport }: Packet): boolean {
  if (transport?.kind !== "icmp") return false;
  return transport.family === 4 ? transport.type === 3 && transport.code === 4 : transport.type === 2;
}

function explained({ picture }: Case, told: Sighting): Candidate {
  const { transport } = told.packet;
  const mtu = transport?.kind === "icmp" ? transport.mtu : undefined;
  const mend = {
    fix: "make the MTU of all devices on the way fit: the overlay's is the underlay's less 50",
    more: null,
  };
  const changed = [...picture.nodes.values()].flatMap(({ node, changes }) =>
    changes
      .filter(({ section, scope, is }) => section === "link" && scope.endsWith(" mtu") && is === String(mtu))
      .map((change) => ({ node, change })),
  );
  const [first] = changed;
  if (!first) return likely(`packets are too big for the way: MTU ${mtu ?? "?"}`, [sightingWords(told)], mend);
  const { node, change } = first;
  const device = change.scope.replace(/ mtu$/, "");
  const cause = `the MTU of ${device} is ${change.is} on ${node} (baseline ${change.was}): packets are too big for it`;
  return proven(cause, [sightingWords(told), `during/${node}/link.txt: ${device} mtu ${change.is}`], mend);
}
