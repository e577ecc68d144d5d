import type { Observation } from "../probes/probe.ts";
import { caseOf, whereLines, type Candidate, type Case } from "./case/case.ts";
import type { Explanation } from "../model/explanation.ts";
import { pictureOf } from "./case/picture.ts";
import type { EvidenceFiles } from "./facts/read-evidence.ts";
import { stateDiffers } from "./rules/differs.ts";
import { foundNothing } from "./rules/nothing.ts";
import { RULES } from "./rules/rules.ts";
import { traceOf } from "./case/trace.ts";

/** More would be read by nobody. */
const MOST_LINES = 12;

/**
 * Why paths showed what they showed, the likeliest first; at least one entry for every path that is not ok, none where all are. From the evidence of a
 * scenario (or of a cluster that somebody else broke) and what the probes saw meanwhile: what was injected is not asked. Never throws. Pure.
 */
export function explain(files: EvidenceFiles, observations: readonly Observation[]): readonly Explanation[] {
  const failed = observations.filter(({ symptom }) => symptom !== "ok");
  if (failed.length === 0) return [];
  try {
    const picture = pictureOf(files);
    const cases = failed.map((one) => caseOf(traceOf(one, picture), picture));
    return ranked(cases.flatMap((one) => candidatesOf(one).map((candidate) => ({ candidate, one }))));
  } catch (error) {
    // A verdict must not be lost for want of its reason.
    const cause = `no explanation found: explaining failed: ${(error as Error).message}`;
    const paths = [...new Set(failed.map(({ path }) => path))];
    return [{ cause, paths, confidence: "found-nothing", evidence: files.lacking, fix: null, more: null }];
  }
}

/** What is known to do this; else what differs; else that nothing explains it. */
function candidatesOf(one: Case): readonly Candidate[] {
  const known = RULES.flatMap((rule) => rule.explain(one));
  const proven = known.filter(({ confidence }) => confidence === "proven");
  if (proven.length > 0) return proven;
  const likely = [...known, ...stateDiffers(one)];
  return likely.length > 0 ? likely : [foundNothing(one)];
}

interface Found {
  readonly candidate: Candidate;
  readonly one: Case;
}

/** Flows with the same cause are one explanation, with the lines of the first of each path. */
function ranked(found: readonly Found[]): readonly Explanation[] {
  const groups = Map.groupBy(found, ({ candidate: { cause, confidence, same } }) => `${confidence} ${same ?? cause}`);
  const merged = [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const score = Math.max(...group.map(({ candidate }) => candidate.score));
    return [{ score, explanation: { ...withoutScore(first.candidate), ...merge(group) } }];
  });
  const flows = ({ paths }: Explanation): number => paths.length;
  return merged
    .sort((a, b) => b.score - a.score || flows(b.explanation) - flows(a.explanation))
    .map(({ explanation }) => explanation);
}

function withoutScore({ cause, confidence, evidence, fix, more }: Candidate): Omit<Explanation, "paths"> {
  return { cause, confidence, evidence, fix, more };
}

function merge(group: readonly Found[]): Pick<Explanation, "paths" | "evidence"> {
  const byPath = Map.groupBy(group, ({ one }) => one.trace.observation.path);
  const firsts = [...byPath.values()].flatMap(([first]) => (first ? [first] : []));
  const causes = firsts.flatMap(({ candidate }) => candidate.evidence);
  const places = firsts.flatMap(({ one }) => whereLines(one));
  return { paths: [...byPath.keys()], evidence: [...new Set([...causes, ...places])].slice(0, MOST_LINES) };
}
