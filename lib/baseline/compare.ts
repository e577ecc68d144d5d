import type { Observation } from "../probes/probe.ts";
import type { Symptom } from "../model/symptom.ts";
import { countSymptoms } from "../verdict/path.ts";
import type { Baseline } from "./baseline.ts";
import { recordedOf, type RecordedPath } from "./seen.ts";

/** How a path compares with what was recorded of it. */
export interface PathFinding {
  readonly path: string;
  /** `unknown`: no flow showed anything else, but not all could be told; never to be read as `as-recorded`. */
  readonly finding: "as-recorded" | "differs" | "unknown";
  readonly symptoms: Readonly<Partial<Record<Symptom, number>>>;
  /** One line: what is different, or what hindered. */
  readonly detail: string;
  /** It was otherwise when it was tried again. */
  readonly intermittent: boolean;
}

/** Compares what each of these paths shows now with what was recorded. `again`: of paths that were tried once more. Pure. */
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

/** Whether trying once more can say more: flows that all show the same have said it. Pure. */
export function needsAgain({ finding, symptoms }: PathFinding): boolean {
  return finding === "unknown" || Object.keys(symptoms).length > 1;
}

/** What could not be told is forgotten when it could be told the second time; what differed once is not. */
function bothOf(first: PathFinding, second: PathFinding): PathFinding {
  if (first.finding === "unknown") return second;
  if (second.finding !== "as-recorded") return first;
  return { ...first, intermittent: true };
}

function findingOf(path: string, flows: readonly Observation[], recorded: RecordedPath | undefined): PathFinding {
  const base = { path, symptoms: countSymptoms(flows), intermittent: false };
  const bad = flows.find(({ symptom }) => symptom !== "ok" && symptom !== "unknown");
  if (bad) return { ...base, finding: "differs", detail: bad.detail };
  const untold = flows.find(({ symptom }) => symptom === "unknown");
  if (flows.length === 0) return { ...base, finding: "unknown", detail: "not measured" };
  if (untold) return { ...base, finding: "unknown", detail: untold.detail };
  if (!recorded) return { ...base, finding: "unknown", detail: "ok, but the baseline does not have this path" };
  const other = otherwise(recorded, recordedOf(flows));
  return other === null
    ? { ...base, finding: "as-recorded", detail: "" }
    : { ...base, finding: "differs", detail: other };
}

/** What is seen now and was not recorded; flows may show less than was recorded, since not each of them meets each replica. */
function otherwise(was: RecordedPath, is: RecordedPath): string | null {
  for (const [what, name] of WORDS) {
    const strange = is[what].filter((one) => !was[what].includes(one));
    if (strange.length > 0)
      return `ok, but ${name} is ${strange.join(" or ")}, recorded ${was[what].join(" or ") || "nothing"}`;
    if (is[what].length === 0 && was[what].length > 0)
      return `ok, but ${name} is not told, recorded ${was[what].join(" or ")}`;
  }
  return null;
}

const WORDS = [
  ["servers", "who answered"],
  ["answers", "the answer"],
  ["translations", "translation"],
] as const;
