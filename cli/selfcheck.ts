import { join } from "node:path";
import { EXIT } from "../lib/errors.ts";
import type { PathResult, ScenarioResult } from "../lib/run.ts";
import { carryOut, exitCodeOf, type RunOptions } from "./run.ts";
import { describeTaint } from "./taint-mark.ts";

/**
 * Does the suite itself work? Runs each scenario with nothing broken and with every expectation swapped for its neighbour: both must come out
 * not-pass, the swapped one on every single path. Prints the share that was caught; exit 0 only when it is all of them.
 */
export async function selfcheck(
  filters: readonly string[],
  options: RunOptions,
  argv: readonly string[],
): Promise<number> {
  const { run, dir, notUndone, exitCode } = await carryOut(filters, options, argv, ["no-fault", "swapped"]);
  const mutants = run.results.filter((one) => one.verdict !== "skip");
  const escaped = mutants.filter((one) => !isCaught(one));
  const lines = [
    ...run.results
      .filter((one) => one.verdict === "skip")
      .map((one) => `  skipped: ${one.scenario} [${one.mode}]: ${one.reason}`),
    ...escaped.map((one) => `  not caught: ${one.scenario} [${one.mode}]: ${one.verdict}, ${one.reason}`),
    ...run.cells.flatMap(({ tainted }) => tainted.map((one) => `  ${describeTaint(one, run.runId)}`)),
    `selfcheck: ${mutants.length - escaped.length} of ${mutants.length} mutants caught`,
  ];
  process.stdout.write(`${lines.join("\n")}\n${join(dir, "report.json")}\n`);
  if (exitCodeOf(run, notUndone) === EXIT.notUndone) return EXIT.notUndone;
  if (exitCode !== null) return exitCode;
  if (run.cells.some((cell) => cell.failure !== null) || mutants.length === 0) return EXIT.undecided;
  if (escaped.some((one) => one.verdict !== "unknown")) return EXIT.broken;
  return escaped.length === 0 ? EXIT.ok : EXIT.undecided;
}

/**
 * A mutant is caught by a fail that was measured, since an unknown would come of any breakage of the harness itself. Swapped: every single path fails.
 * No fault: exactly the paths that were claimed to break fail, and for no other reason.
 */
export function isCaught(one: ScenarioResult): boolean {
  if (one.verdict !== "fail") return false;
  if (one.mode === "swapped") return one.paths.every((path) => path.verdict === "fail");
  if (one.nodeStateDifferences.length > 0) return false;
  return one.paths.every((path) => (path.verdict === "fail") !== isControl(path));
}

function isControl(path: PathResult): boolean {
  return path.expected === "ok" || path.expected.startsWith("ok, ");
}
