import type { Observation } from "../probes/probe.ts";
import type { Symptom } from "../model/symptom.ts";
import { countSymptoms } from "../verdict/path.ts";
import type { Baseline } from "./baseline.ts";
import { recordedOf, type RecordedPath } from "./seen.ts";

/** The comparison of a path with its baseline. */
export interface PathFinding {
  readonly path: string;
  /** `unknown`: no flow differed, but some are undecided; never read it as `as-recorded`. */
  readonly finding: "as-recorded" | "differs" | "unknown";
  readonly symptoms: Readonly<Partial<Record<Symptom, number>>>;
  /** One line: the difference, or why it is unknown. */
  readonly detail: string;
  /** A second measurement did not show the difference. */
  readonly intermittent: boolean;
}

/**
 * Compares each of these paths with its baseline. `again` has the observations of paths that were measured twice.
 * Pure.
 */
export function comparePaths(
  { paths: recorded }: Pick<Baseline, "paths">,
  paths: readonly string[],
  observations: readonly Observation[],
  again: readonly Observation[] = [],
): readonly PathFinding[] {
  const now = Map.groupBy(observations, ({ path }) => path);
  const later = Map.groupBy(again, ({ path }) => path);
  return paths.map((path) => {
    const first = findingOf(path, now.get(path) ?? [], recorded[path]);
    const second = later.get(path);
    return second === undefined ? first : bothOf(first, findingOf(path, second, recorded[path]));
  });
}

/** Returns true if a second measurement may help: an undecided path, or flows that disagree. Pure. */
export function needsAgain({ finding, symptoms }: PathFinding): boolean {
  return finding === "unknown" || Object.keys(symptoms).length > 1;
}

/** Combines two measurements: an undecided first one is dropped, a difference is not. */
function bothOf(first: PathFinding, second: PathFinding): PathFinding {
  if (first.finding === "unknown") return second;
  if (second.finding !== "as-recorded") return first;
  return { ...first, intermittent: true };
}

function findingOf(path: string, flows: readonly Observation[], recorded: RecordedPath | undefined): PathFinding {
  const base = { path, symptoms: countSymptoms(flows), intermittent: false };
  const bad = flows.find(({ symptom }) => symptom !== "ok" && symptom !== "unknown");
  if (bad) return { ...base, finding: "differs", detail: bad.detail };
  const undecided = flows.find(({ symptom }) => symptom === "unknown");
  if (flows.length === 0) return { ...base, finding: "unknown", detail: "not measured" };
  if (undecided) return { ...base, finding: "unknown", detail: undecided.detail };
  if (!recorded) return { ...base, finding: "unknown", detail: "ok, but the baseline lacks this path" };
  const difference = differenceOf(recorded, recordedOf(flows));
  return difference === null
    ? { ...base, finding: "as-recorded", detail: "" }
    : { ...base, finding: "differs", detail: difference };
}

/**
 * Returns what was seen now but not recorded, or null. Flows may show less than the baseline, because not every flow
 * meets every replica.
 */
function differenceOf(was: RecordedPath, is: RecordedPath): string | null {
  for (const [field, name] of NAMES) {
    const added = is[field].filter((value) => !was[field].includes(value));
    if (added.length > 0)
      return `ok, but ${name} is ${added.join(" or ")}, recorded ${was[field].join(" or ") || "nothing"}`;
    if (is[field].length === 0 && was[field].length > 0)
      return `ok, but ${name} is missing, recorded ${was[field].join(" or ")}`;
  }
  return null;
}

const NAMES = [
  ["servers", "the server"],
  ["answers", "the answer"],
  ["translations", "the translation"],
] as const;
