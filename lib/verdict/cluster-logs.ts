import type { Event } from "../events/event.ts";

/**
 * Splits a cell's log by cluster: a tainted cluster is replaced, and each cluster's events begin with `cell-started`.
 * Keeps the order. Pure.
 */
export function splitByCluster(events: readonly Event[]): readonly (readonly Event[])[] {
  const logs: Event[][] = [];
  for (const event of events) {
    if (event.type === "cell-started" || logs.length === 0) logs.push([]);
    logs.at(-1)?.push(event);
  }
  return logs;
}

/** Returns the name of the cluster that one cluster's events are about; null if the run ended before it. Pure. */
export function clusterNameIn(clusterLog: readonly Event[]): string | null {
  return clusterLog.find((event) => event.type === "cluster-started")?.name ?? nameFromStage(clusterLog);
}

/** Logs of version 0.1.0 have no `cluster-started`: there the detail of these stages is the cluster's name. */
function nameFromStage(clusterLog: readonly Event[]): string | null {
  const started = clusterLog.find((event) => event.type === "stage-started" && STAGES_WITH_NAME.has(event.stage));
  return started?.type === "stage-started" ? started.detail : null;
}

/** A reused cluster's stages begin at `ready`. */
const STAGES_WITH_NAME: ReadonlySet<string> = new Set(["cluster", "ready", "suites"]);
