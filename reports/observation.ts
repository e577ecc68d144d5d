/** Renders an observation for a terminal: a line a path, the nodes' differences, the causes, and the summary. */
import type { PathFinding } from "../lib/baseline/compare.ts";
import type { Observed } from "../lib/baseline/observation.ts";
import type { Explanation } from "../lib/model/explanation.ts";
import { asciiText, oneLine } from "./text.ts";

const SYMBOLS = { "as-recorded": "✔ ok     ", differs: "✘ differs", unknown: "? unknown" } as const;
/** More lines of one node would hide the other; observation.json has all of them. */
const MAX_DIFFERENCES = 12;
const MAX_EVIDENCE = 6;

/** Returns the text with a final newline. */
export function renderObservation(observed: Observed, options: { readonly ascii?: boolean } = {}): string {
  const { cluster, cell, baseline, notes, paths, nodes, explanations, trouble } = observed;
  const width = Math.max(0, ...paths.map(({ path }) => path.length));
  const lines = [
    oneLine(`${cluster}, ${cell}; baseline of ${baseline.recordedAt} by run ${baseline.runId}`),
    ...notes.map((note) => `  note: ${oneLine(note)}`),
    ...paths.map((path) => pathLine(path, width)),
    ...nodes.flatMap(nodeLines),
    ...whyLines(explanations, paths),
    ...trouble.map((line) => `  evidence: ${oneLine(line)}`),
    "",
    sumLine(observed),
    "",
  ];
  return (options.ascii === true ? lines.map(asciiText) : lines).join("\n");
}

function pathLine({ path, finding, symptoms, detail, intermittent }: PathFinding, width: number): string {
  const counts = Object.entries(symptoms).map(([symptom, count]) => `${symptom} ×${count}`);
  const again = intermittent ? " (ok when measured again)" : "";
  const difference = finding === "as-recorded" ? "" : `  ${counts.join(", ")}${again}: ${oneLine(detail)}`;
  return `  ${SYMBOLS[finding]}  ${difference === "" ? oneLine(path) : oneLine(path).padEnd(width)}${difference}`;
}

function nodeLines({ node, differences }: Observed["nodes"][number]): readonly string[] {
  if (differences.length === 0) return [];
  const left = differences.length - MAX_DIFFERENCES;
  return [
    "",
    `node ${node} differs from the baseline:`,
    ...differences.slice(0, MAX_DIFFERENCES).map((line) => `  ${oneLine(line)}`),
    ...(left > 0 ? [`  … and ${left} more`] : []),
  ];
}

function whyLines(explanations: readonly Explanation[], paths: readonly PathFinding[]): readonly string[] {
  if (explanations.length > 0) return explanations.flatMap(explanationLines);
  return paths.some(({ finding }) => finding === "differs") ? ["", "no explanation found"] : [];
}

function explanationLines({ cause, confidence, evidence, fix, more, paths }: Explanation): readonly string[] {
  const how = confidence === "found-nothing" ? "" : `${confidence}: `;
  return [
    "",
    `why ${how}${oneLine(cause)}`,
    `  paths: ${oneLine(paths.join("; "))}`,
    ...evidence.slice(0, MAX_EVIDENCE).map((line) => `  ${oneLine(line)}`),
    ...(fix === null ? [] : [`  fix: ${oneLine(fix)}`]),
    ...(more === null ? [] : [`  more: ${oneLine(more)}`]),
  ];
}

function sumLine({ paths, nodes, runId }: Observed): string {
  const count = (finding: PathFinding["finding"]) => paths.filter((path) => path.finding === finding).length;
  const differences = nodes.reduce((sum, node) => sum + node.differences.length, 0);
  const state =
    differences === 0
      ? "nodes as recorded"
      : `${differences} ${differences === 1 ? "difference" : "differences"} of node state`;
  const counts = `${count("as-recorded")} as recorded, ${count("differs")} differ, ${count("unknown")} unknown`;
  return `${paths.length} paths: ${counts}; ${state}; ${oneLine(runId)}`;
}
