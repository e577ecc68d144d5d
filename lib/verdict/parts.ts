import type { Event } from "../events/event.ts";

/** The parts of a cell's log, one for each cluster that it was run on: a tainted one is replaced, and the next one's log begins anew. Pure. */
export function byCluster(events: readonly Event[]): readonly (readonly Event[])[] {
  const parts: Event[][] = [];
  for (const event of events) {
    if (event.type === "cell-started" || parts.length === 0) parts.push([]);
    parts.at(-1)?.push(event);
  }
  return parts;
}

/** What the cluster is called that a part of a log is of; null where it did not come to that. Pure. */
export function clusterOf(part: readonly Event[]): string | null {
  const begun = part.find((event) => event.type === "stage-started" && NAMED.has(event.stage));
  return begun?.type === "stage-started" ? begun.detail : null;
}

/** These stages' detail is the cluster's name; a kept one begins at `ready`. */
const NAMED: ReadonlySet<string> = new Set(["cluster", "ready", "suites"]);
