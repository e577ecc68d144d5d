import { reversedHops, type Hop } from "./hops.ts";
import { isIncoming, type Sighting } from "./sightings.ts";
import { seenAt, type Trace } from "./trace.ts";

/** The place where a flow vanished. */
export interface Loss {
  /** `answer`: the request arrived, and no answer came. */
  readonly leg: "request" | "reply" | "answer";
  /** The last hop that saw it; null when none did. */
  readonly last: Hop | null;
  /** The first hop that should have seen it and did not; null when only the server is left. */
  readonly next: Hop | null;
  /** The packets seen at the last hop and no further. */
  readonly packets: readonly Sighting[];
}

/** Returns where a flow's packets end; null when both legs are complete or their route is unknown. Pure. */
export function lossOf(trace: Trace): Loss | null {
  const { hops, request, reply } = trace;
  if (hops.length === 0) return null;
  const lost = endOf(hops, request, "request");
  if (lost && (request.length > 0 || reply.length === 0)) return lost;
  if (!trace.server || trace.errors.length > 0) return null;
  const back = reversedHops(hops);
  const [first] = back;
  if (first && seenAt(reply, first).length === 0 && reply.length === 0) {
    return { leg: "answer", last: hops.at(-1) ?? null, next: null, packets: seenAt(request, hops.at(-1) ?? first) };
  }
  return endOf(back, reply, "reply");
}

function endOf(hops: readonly Hop[], sightings: readonly Sighting[], leg: Loss["leg"]): Loss | null {
  const lastIndex = hops.findLastIndex((hop) => seenAt(sightings, hop).length > 0);
  const next = hops.slice(lastIndex + 1).find(({ optional }) => !optional);
  if (!next) return null;
  const last = hops[lastIndex] ?? null;
  const packets = last ? seenAt(sightings, last) : [];
  return { leg, last, next, packets };
}

/** Returns the node that lost the flow; null when it was lost between two nodes, or the node is unknown. Pure. */
export function nodeOfLoss({ last, next }: Loss): string | null {
  if (last && next && last.node !== next.node) return null;
  return last?.node ?? next?.node ?? null;
}

/** Returns the device by which a routed packet came into the node that lost it. Pure. */
export function ingressOf({ packets }: Loss): string | null {
  return packets.find(isIncoming)?.device ?? null;
}
