import type { Observation } from "../probes/probe.ts";

/** The far ends of a path: each list is sorted and without duplicates. */
export interface RecordedPath {
  readonly flows: number;
  /** `pod/container` of the servers that answered. */
  readonly servers: readonly string[];
  /** Answers of lookups. */
  readonly answers: readonly string[];
  /** How addresses were translated: `source kept, destination translated`. */
  readonly translations: readonly string[];
}

/** Returns what the flows of one path showed. Pure. */
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

/** Compares addresses only: a port is also translated if two clients would share it. */
function translationOf({ seen: { client, source, local, remote } }: Observation): string | null {
  if (client === undefined || source === undefined || local === undefined || remote === undefined) return null;
  const from = client === source ? "source kept" : "source replaced";
  return `${from}, destination ${local === remote ? "kept" : "translated"}`;
}

function distinct(words: readonly (string | null)[]): readonly string[] {
  return [...new Set(words.filter((word) => word !== null))].sort();
}
