import { describeFault } from "../../lib/faults/registry.ts";
import { healRun, type HealOutcome, type HealReport } from "../../lib/journal/heal.ts";

/**
 * Undoes the open faults of one journal and prints each outcome as a line. Never throws for a node's answer: the report
 * has it.
 */
export async function healJournal(path: string, say: (line: string) => void, dryRun = false): Promise<HealReport> {
  const report = await healRun(path, { dryRun, onProgress: (outcome) => say(lineOf(outcome)) });
  for (const problem of report.problems) say(`${path}: ${problem}`);
  return report;
}

function lineOf({ nodeFault, target, outcome, detail, finding, commands }: HealOutcome): string {
  const words = [`${outcome}: ${describeFault(nodeFault)} (${target})`, detail, finding].filter((word) => word);
  return [words.join(", "), ...commands.map((command) => `  ${command.replaceAll("\n", "\n  ")}`)].join("\n");
}
