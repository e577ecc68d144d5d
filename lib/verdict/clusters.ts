import type { Event } from "../events/event.ts";
import type { ClusterUse } from "./result.ts";
import { byCluster, clusterOf } from "./parts.ts";
import { taintedNodes, taintWords } from "./taint.ts";

/** The clusters of a cell in their order, and why each was replaced by the next. Pure. */
export function clustersOf(events: readonly Event[]): readonly ClusterUse[] {
  const parts = byCluster(events);
  return parts.flatMap((part, index) => {
    const name = clusterOf(part);
    const [taint] = index + 1 < parts.length ? taintedNodes(part) : [];
    return name === null ? [] : [{ name, replacedBecause: taint ? taintWords(taint) : null }];
  });
}
