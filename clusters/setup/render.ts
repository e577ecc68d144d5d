import type { CheckedFinding, FindingState } from "./check.ts";

/** A symbol and a word each, so that nothing depends on a colour or on a font. */
const STATE_WORDS: Readonly<Record<FindingState, string>> = {
  ok: "✓ ok",
  warning: "! warning",
  missing: "✗ missing",
};
const STATE_WIDTH = Math.max(...Object.values(STATE_WORDS).map((words) => words.length));

/** What doctor prints: a line per check, what to do below each that is missing, and a summary. Ends with a newline. */
export function renderDoctor(findings: readonly CheckedFinding[]): string {
  const idWidth = Math.max(0, ...findings.map(({ check }) => check.id.length));
  const lines = findings.flatMap((each) => renderFinding(each, idWidth));
  return [...lines, "", renderSummary(findings), ""].join("\n");
}

/** The same for an error: only what is missing, each with its reason and the command to run. No final newline. */
export function renderProblems(problems: readonly CheckedFinding[]): string {
  return problems
    .flatMap(({ check, finding }) => [
      `  ${check.id}: ${finding.detail}`,
      `    needs ${check.what}: ${check.why}`,
      `    run: ${finding.fix?.how ?? "nothing is known that would mend it"}`,
    ])
    .join("\n");
}

function renderFinding({ check, finding }: CheckedFinding, idWidth: number): string[] {
  const head = `${STATE_WORDS[finding.state].padEnd(STATE_WIDTH)}  ${check.id.padEnd(idWidth)}  ${finding.detail}`;
  if (finding.state !== "missing") return [head];
  const indent = " ".repeat(STATE_WIDTH + idWidth + 4);
  const how = finding.fix?.how ?? "nothing is known that would mend it";
  const bySelf = finding.fix?.bySelf === true ? " (set-up does this with --yes)" : "";
  return [head, `${indent}needs ${check.what}: ${check.why}`, `${indent}run: ${how}${bySelf}`];
}

function renderSummary(findings: readonly CheckedFinding[]): string {
  const count = (state: FindingState): number => findings.filter(({ finding }) => finding.state === state).length;
  const warnings = count("warning") === 1 ? "1 warning" : `${count("warning")} warnings`;
  if (count("missing") > 0) return `${count("missing")} missing, ${warnings}`;
  return count("warning") > 0 ? `ready, ${warnings}` : "ready";
}
