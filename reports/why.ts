/** Why paths failed, for people: of each scenario its paths and their explanations, the likeliest first. */
import type { Explanation } from "../lib/model/explanation.ts";
import { oneLine } from "./text.ts";

/** What was seen in one scenario, and what explains it. */
export interface ScenarioWhy {
  readonly scenario: string;
  readonly cell: string;
  readonly mode: string;
  /** A path that was not ok, with what it showed: `same → server by ClusterIP: connect-timeout ×3`. */
  readonly failed: readonly string[];
  readonly explanations: readonly Explanation[];
  /** Why nothing could be said; null where something could. */
  readonly trouble: string | null;
}

/** Ends with a newline. What a log line or a rule's comment could hide in is cleaned. */
export function renderWhy(scenarios: readonly ScenarioWhy[]): string {
  return `${scenarios.map((one) => scenarioLines(one).join("\n")).join("\n\n")}\n`;
}

function scenarioLines({ scenario, cell, mode, failed, explanations, trouble }: ScenarioWhy): readonly string[] {
  const title = oneLine(`${scenario}${mode === "as-claimed" ? "" : ` (${mode})`}, ${cell}`);
  if (trouble !== null) return [title, `  ${oneLine(trouble)}`];
  if (failed.length === 0) return [title, "  every path was ok: there is nothing to explain"];
  const shown = failed.map((line) => `  ${oneLine(line)}`);
  return [title, ...shown, ...explanations.flatMap((one, index) => explanationLines(one, index + 1))];
}

/** One explanation, numbered, as it is shown below what it explains. Pure. */
export function explanationLines(one: Explanation, number: number): readonly string[] {
  const { cause, confidence, paths, evidence, fix, more } = one;
  const lead = confidence === "found-nothing" ? "" : `${confidence}: `;
  return [
    `  ${number}. ${lead}${oneLine(cause)}`,
    `     explains  ${oneLine(paths.join("; "))}`,
    ...evidence.map((line) => `     seen      ${oneLine(line)}`),
    ...(fix === null ? [] : [`     mend      ${oneLine(fix)}`]),
    ...(more === null ? [] : [`     more      ${oneLine(more)}`]),
  ];
}
