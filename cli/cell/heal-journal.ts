import { describeFault } from "../../lib/faults/registry.ts";
import { describeSteps, type DescribedStep } from "../../lib/faults/run/describe.ts";
import type { Host } from "../../lib/host/host.ts";
import { healRun, type HealOutcome, type HealReport } from "../../lib/journal/heal.ts";

/**
 * Undoes the open faults of one journal and prints each outcome as a line. Never throws for a node's answer: the report
 * has it.
 */
export async function healJournal(
  path: string,
  host: Host,
  say: (line: string) => void,
  dryRun = false,
): Promise<HealReport> {
  const report = await healRun(path, { host, dryRun, onProgress: (outcome) => say(lineOf(outcome)) });
  for (const problem of report.problems) say(`${path}: ${problem}`);
  return report;
}

function lineOf({ nodeFault, target, outcome, detail, finding, wouldUndo }: HealOutcome): string {
  const words = [`${outcome}: ${describeFault(nodeFault)} (${target})`, detail, finding].filter((word) => word);
  const steps = wouldUndo === null ? [] : describeSteps(wouldUndo);
  const undo = steps.filter(({ step }) => step === "undo" || step === "verify").flatMap(stepLines);
  return [words.join(", "), ...undo.map((line) => `  ${line}`)].join("\n");
}

/** Returns a step as lines for people: its name before the first, the others below each other. */
export function stepLines({ step, lines }: DescribedStep): readonly string[] {
  return lines.map((line, index) => `${(index === 0 ? `${step}:` : "").padEnd("read back:".length)} ${line}`);
}
