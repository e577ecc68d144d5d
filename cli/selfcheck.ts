import { EXIT } from "../lib/errors.ts";
import type { ScenarioResult } from "../lib/run.ts";
import { carryOut, type RunOptions } from "./run.ts";

/**
 * Does the suite itself work? Runs each scenario with nothing broken and with every expectation swapped for its neighbour: both must come out
 * not-pass, the swapped one on every single path. Prints the share that was caught; exit 0 only when it is all of them.
 */
export async function selfcheck(
  filters: readonly string[],
  options: RunOptions,
  argv: readonly string[],
): Promise<number> {
  const { run, exitCode } = await carryOut(filters, options, argv, ["no-fault", "swapped"]);
  const escaped = run.results.filter((one) => !isCaught(one));
  const caught = run.results.length - escaped.length;
  process.stdout.write(`selfcheck: ${caught} of ${run.results.length} mutants caught\n`);
  for (const one of escaped)
    process.stdout.write(`  not caught: ${one.scenario} [${one.mode}]: ${one.verdict}, ${one.reason}\n`);
  if (exitCode !== null) return exitCode;
  if (run.cells.some((cell) => cell.failure !== null) || run.results.length === 0) return EXIT.undecided;
  return escaped.length === 0 ? EXIT.ok : EXIT.broken;
}

/** A mutant is caught by a fail that was measured; an unknown would be caught by any breakage of the harness itself. */
export function isCaught(one: ScenarioResult): boolean {
  if (one.verdict === "skip") return true;
  if (one.mode === "swapped") return one.verdict === "fail" && one.paths.every((path) => path.verdict === "fail");
  // With no fault the steady state itself contradicts every path that was claimed to break. A suite that breaks nothing has no such mutant.
  const breaksNothing = one.paths.every((path) => path.expected.startsWith("ok"));
  return breaksNothing || one.verdict === "fail";
}
