import { reversedHops, type Hop } from "./hops.ts";
import { isIncoming, type Sighting } from "./sightings.ts";
import { seenAt, type Trace } from "./trace.ts";

/** Where a flow vanished. */
export interface Loss {
  /** `answer`: the request arrived, and nobody said a word. */
  readonly leg: "request" | "reply" | "answer";
  /** The last hop that saw it; null where none did. */
  readonly last: Hop | null;
  /** The first that should have and did not; null where only the one who was asked is left. */
  readonly next: Hop | null;
  /** What the last hop saw, and did not come any further. */
  readonly packets: readonly Sighting[];
}

/** Where a flow's packets end; null where both legs are whole, or nothing says how they should have gone. Pure. */
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

/** The node on which it vanished; null where that was between two, or nobody can tell. Pure. */
export function nodeOfLoss({ last, next }: Loss): string | null {
  if (last && next && last.node !== next.node) return null;
  return last?.node ?? next?.node ?? null;
}

/** The device by which a routed packet came into the node that lost it. Pure. */
export function ingressOf({ packets }: Loss): string | null {
  return packets.find(isIncoming)?.device ?? null;
}
