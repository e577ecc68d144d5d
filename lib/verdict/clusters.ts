import type { Event } from "../events/event.ts";
import type { ClusterUse } from "./result.ts";
import { clusterNameIn, splitByCluster } from "./cluster-logs.ts";
import { describeTaint, taintedNodes } from "./taint.ts";

/** Returns the clusters that a cell ran on, in order, with the taint that replaced each but the last. Pure. */
export function clustersOf(events: readonly Event[]): readonly ClusterUse[] {
  const logs = splitByCluster(events);
  return logs.flatMap((log, index) => {
    const name = clusterNameIn(log);
    const [taint] = index + 1 < logs.length ? taintedNodes(log) : [];
    return name === null ? [] : [{ name, replacedBecause: taint ? describeTaint(taint) : null }];
  });
}
