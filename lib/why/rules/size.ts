import { likely, proven, type Candidate, type Case, type WhyRule } from "../case/case.ts";
import type { Packet } from "../../evidence/pcap/packet.ts";
import { sightingWords, type Sighting } from "../case/sightings.ts";

export const tooBig: WhyRule = {
  name: "packet-too-big",
  why:
    "a host on the route sent an ICMP error: fragmentation needed, or packet too big; " +
    "one of its devices whose MTU has shrunk is the cause",
  explain: (flowCase) => {
    const error = flowCase.trace.errors.find(({ packet }) => isTooBig(packet));
    return error ? [explained(flowCase, error)] : [];
  },
};

function isTooBig({ transport }: Packet): boolean {
  if (transport?.kind !== "icmp") return false;
  return transport.family === 4 ? transport.type === 3 && transport.code === 4 : transport.type === 2;
}

function explained({ picture }: Case, error: Sighting): Candidate {
  const { transport } = error.packet;
  const mtu = transport?.kind === "icmp" ? transport.mtu : undefined;
  const remedy = {
    fix: "make the MTU of all devices on the route fit: the overlay's is the underlay's less 50",
    more: null,
  };
  const changed = [...picture.nodes.values()].flatMap(({ node, changes }) =>
    changes
      .filter(({ section, scope, is }) => section === "link" && scope.endsWith(" mtu") && is === String(mtu))
      .map((change) => ({ node, change })),
  );
  const [first] = changed;
  if (!first) return likely(`packets are too big for the route: MTU ${mtu ?? "?"}`, [sightingWords(error)], remedy);
  const { node, change } = first;
  const device = change.scope.replace(/ mtu$/, "");
  const cause = `the MTU of ${device} is ${change.is} on ${node} (baseline ${change.was}): packets are too big for it`;
  return proven(cause, [sightingWords(error), `during/${node}/link.txt: ${device} mtu ${change.is}`], remedy);
}
