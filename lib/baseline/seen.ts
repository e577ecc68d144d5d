import type { Observation } from "../probes/probe.ts";

/** What the far ends of a path were, besides reachable: each list without repeats, sorted. */
export interface RecordedPath {
  readonly flows: number;
  /** `pod/container` of who answered. */
  readonly servers: readonly string[];
  /** Answers of lookups. */
  readonly answers: readonly string[];
  /** What was made of the addresses on the way: `source kept, destination translated`. */
  readonly translations: readonly string[];
}

/** What flows of one path showed. Pure. */
export function recordedOf(observations: readonly Observation[]): RecordedPath {
  return {
    flows: observations.length,
    servers: distinct(observations.map(serverOf)),
    answers: distinct(observations.map(({ seen }) => seen.answers?.toSorted().join(" ") ?? null)),
    translations: distinct(observations.map(translationOf)),
  };
}

function serverOf({ seen }: Observation): string | null {
  return seen.server === undefined ? null : `${seen.server}/${seen.container ?? ""}`;
}

/** By address, since ports are translated wherever two clients would share one. */
function translationOf({ seen: { client, source, local, remote } }: Observation): string | null {
  if (client === undefined || source === undefined || local === undefined || remote === undefined) return null;
  const from = client === source ? "source kept" : "source replaced";
  return `${from}, destination ${local === remote ? "kept" : "translated"}`;
}

function distinct(words: readonly (string | null)[]): readonly string[] {
  return [...new Set(words.filter((word) => word !== null))].sort();
}
