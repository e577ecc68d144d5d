/** Renders why paths failed: the paths of each scenario and their explanations, the likeliest first. */
import type { Explanation } from "../lib/model/explanation.ts";
import { oneLine } from "./text.ts";

/** The failed paths of one scenario and their explanations. */
export interface ScenarioWhy {
  readonly scenario: string;
  readonly cell: string;
  readonly mode: string;
  /** Failed paths with their symptoms: `same → server by ClusterIP: connect-timeout ×3`. */
  readonly failed: readonly string[];
  readonly explanations: readonly Explanation[];
  /** Why there can be no explanation; null if there can. */
  readonly trouble: string | null;
}

/** Returns the text with a final newline, without control characters from log lines and comments of rules. */
export function renderWhy(scenarios: readonly ScenarioWhy[]): string {
  return `${scenarios.map((scenario) => scenarioLines(scenario).join("\n")).join("\n\n")}\n`;
}

function scenarioLines({ scenario, cell, mode, failed, explanations, trouble }: ScenarioWhy): readonly string[] {
  const title = oneLine(`${scenario}${mode === "as-claimed" ? "" : ` (${mode})`}, ${cell}`);
  if (trouble !== null) return [title, `  ${oneLine(trouble)}`];
  if (failed.length === 0) return [title, "  every path was ok: there is nothing to explain"];
  const shown = failed.map((line) => `  ${oneLine(line)}`);
  return [title, ...shown, ...explanations.flatMap((each, index) => explanationLines(each, index + 1))];
}

/** Returns the lines of one numbered explanation. Pure. */
export function explanationLines(explanation: Explanation, number: number): readonly string[] {
  const { cause, confidence, paths, evidence, fix, more } = explanation;
  const lead = confidence === "found-nothing" ? "" : `${confidence}: `;
  return [
    `  ${number}. ${lead}${oneLine(cause)}`,
    `     explains  ${oneLine(paths.join("; "))}`,
    ...evidence.map((line) => `     seen      ${oneLine(line)}`),
    ...(fix === null ? [] : [`     fix       ${oneLine(fix)}`]),
    ...(more === null ? [] : [`     more      ${oneLine(more)}`]),
  ];
}
