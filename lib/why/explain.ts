import type { Observation } from "../probes/probe.ts";
import { caseOf, whereLines, type Candidate, type Case } from "./case/case.ts";
import type { Explanation } from "../model/explanation.ts";
import { pictureOf } from "./case/picture.ts";
import type { EvidenceFiles } from "./facts/read-evidence.ts";
import { stateDiffers } from "./rules/differs.ts";
import { foundNothing } from "./rules/nothing.ts";
import { RULES } from "./rules/rules.ts";
import { traceOf } from "./case/trace.ts";

/** The most lines of evidence in an explanation; a reader would not use more. */
const MOST_LINES = 12;

/**
 * Returns explanations of the failed paths, the likeliest first: at least one for every path that is not ok, none when
 * all are ok. They come from a scenario's evidence (or that of a cluster broken by someone else) and from the probes'
 * observations, never from the injected fault. Never throws. Pure.
 */
export function explain(files: EvidenceFiles, observations: readonly Observation[]): readonly Explanation[] {
  const failed = observations.filter(({ symptom }) => symptom !== "ok");
  if (failed.length === 0) return [];
  try {
    const picture = pictureOf(files);
    const cases = failed.map((observation) => caseOf(traceOf(observation, picture), picture));
    return ranked(cases.flatMap((flowCase) => candidatesOf(flowCase).map((candidate) => ({ candidate, flowCase }))));
  } catch (error) {
    // An error here must not cost the verdict.
    const cause = `no explanation found: explaining failed: ${(error as Error).message}`;
    const paths = [...new Set(failed.map(({ path }) => path))];
    return [{ cause, paths, confidence: "found-nothing", evidence: files.lacking, fix: null, more: null }];
  }
}

/** Returns the known causes, else the differences from the baseline, else a note that nothing explains it. */
function candidatesOf(flowCase: Case): readonly Candidate[] {
  const known = RULES.flatMap((rule) => rule.explain(flowCase));
  const proven = known.filter(({ confidence }) => confidence === "proven");
  if (proven.length > 0) return proven;
  const likely = [...known, ...stateDiffers(flowCase)];
  return likely.length > 0 ? likely : [foundNothing(flowCase)];
}

interface CaseCandidate {
  readonly candidate: Candidate;
  readonly flowCase: Case;
}

/** Merges flows with the same cause into one explanation, with the evidence of each path's first flow. */
function ranked(all: readonly CaseCandidate[]): readonly Explanation[] {
  const groups = Map.groupBy(all, ({ candidate: { cause, confidence, same } }) => `${confidence} ${same ?? cause}`);
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

function merge(group: readonly CaseCandidate[]): Pick<Explanation, "paths" | "evidence"> {
  const byPath = Map.groupBy(group, ({ flowCase }) => flowCase.trace.observation.path);
  const firsts = [...byPath.values()].flatMap(([first]) => (first ? [first] : []));
  const causes = firsts.flatMap(({ candidate }) => candidate.evidence);
  const places = firsts.flatMap(({ flowCase }) => whereLines(flowCase));
  return { paths: [...byPath.keys()], evidence: [...new Set([...causes, ...places])].slice(0, MOST_LINES) };
}
