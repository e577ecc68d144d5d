import type { CheckedFinding, FindingState } from "./check.ts";

/** Each state has a symbol and a word, so that it needs neither colour nor a special font. */
const STATE_WORDS: Readonly<Record<FindingState, string>> = {
  ok: "✓ ok",
  warning: "! warning",
  missing: "✗ missing",
};
const NO_FIX = "no fix is known";
const STATE_WIDTH = Math.max(...Object.values(STATE_WORDS).map((words) => words.length));

/** Returns doctor's output: a line per check, the fix below each missing one, and a summary. Ends with a newline. */
export function renderDoctor(findings: readonly CheckedFinding[]): string {
  const idWidth = Math.max(0, ...findings.map(({ check }) => check.id.length));
  const lines = findings.flatMap((each) => renderFinding(each, idWidth));
  return [...lines, "", renderSummary(findings), ""].join("\n");
}

/** Returns the missing checks for an error message, each with its reason and command. No final newline. */
export function renderProblems(problems: readonly CheckedFinding[]): string {
  return problems
    .flatMap(({ check, finding }) => [
      `  ${check.id}: ${finding.detail}`,
      `    needs ${check.what}: ${check.why}`,
      `    run: ${finding.fix?.how ?? NO_FIX}`,
    ])
    .join("\n");
}

function renderFinding({ check, finding }: CheckedFinding, idWidth: number): string[] {
  const head = `${STATE_WORDS[finding.state].padEnd(STATE_WIDTH)}  ${check.id.padEnd(idWidth)}  ${finding.detail}`;
  if (finding.state !== "missing") return [head];
  const indent = " ".repeat(STATE_WIDTH + idWidth + 4);
  const how = finding.fix?.how ?? NO_FIX;
  const bySelf = finding.fix?.bySelf === true ? " (set-up does this with --yes)" : "";
  return [head, `${indent}needs ${check.what}: ${check.why}`, `${indent}run: ${how}${bySelf}`];
}

function renderSummary(findings: readonly CheckedFinding[]): string {
  const count = (state: FindingState): number => findings.filter(({ finding }) => finding.state === state).length;
  const warnings = count("warning") === 1 ? "1 warning" : `${count("warning")} warnings`;
  if (count("missing") > 0) return `${count("missing")} missing, ${warnings}`;
  return count("warning") > 0 ? `ready, ${warnings}` : "ready";
}
