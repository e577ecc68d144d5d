import { join } from "node:path";
import { MUTANTS } from "../../lib/engine/mutants.ts";
import { EXIT } from "../../lib/host/errors.ts";
import { registeredScenarios } from "../../lib/mocha/suite-host.ts";
import type { Run } from "../../lib/verdict/result.ts";
import { scoreOf, type MutantResult, type MutationScore } from "../../lib/verdict/mutants.ts";
import { writeAtomically } from "../store/run-dir.ts";
import { carryOut, exitCodeOf } from "./run.ts";
import type { RunOptions } from "../cell/run-options.ts";
import { describeTaint } from "../store/taint-mark.ts";

/**
 * Checks the suites themselves. Runs each scenario with nothing broken, with its faults on the other node, and with
 * every expectation swapped for its neighbour: none may pass, and the swapped one must fail on every path. Prints the
 * share that was caught; resolves to 0 only when that is all of them.
 */
export async function selfcheck(
  filters: readonly string[],
  options: RunOptions,
  argv: readonly string[],
): Promise<number> {
  const { run, dir, notUndone, hurried, exitCode } = await carryOut(filters, options, argv, MUTANTS);
  const same = registeredScenarios().flatMap(({ id, sameOnEitherNode: why }) => (why ? [[id, why] as const] : []));
  const score = scoreOf(run.results, new Map(same));
  process.stdout.write(`${linesOf(score, run).join("\n")}\n`);
  if (!hurried) writeAtomically(join(dir, "selfcheck.json"), `${JSON.stringify(score, null, 2)}\n`);
  process.stdout.write(`${join(dir, "report.json")}\n`);
  if (exitCodeOf(run, notUndone) === EXIT.notUndone) return EXIT.notUndone;
  if (exitCode !== null) return exitCode;
  if (run.cells.some((cell) => cell.failure !== null) || score.mutants === 0) return EXIT.undecided;
  if (score.notCaught.some((one) => one.verdict !== "unknown")) return EXIT.broken;
  return score.notCaught.length === 0 ? EXIT.ok : EXIT.undecided;
}

function linesOf(score: MutationScore, run: Run): readonly string[] {
  const line = (what: string) => (one: MutantResult) => `  ${what}: ${one.scenario} [${one.mode}]: ${one.reason}`;
  const notCaught = score.notCaught.map((one) => ({ ...one, reason: `${one.verdict}, ${one.reason}` }));
  const counts = score.byMode.map(({ mode, caught, mutants }) => `${mode} ${caught} of ${mutants}`).join(", ");
  const percent = score.scorePercent === null ? "no mutant" : `score ${score.scorePercent} %`;
  return [
    ...score.skipped.map(line("skipped")),
    ...score.equivalent.map(line("equivalent, not counted")),
    ...notCaught.map(line("not caught")),
    ...run.cells.flatMap(({ tainted }) => tainted.map((one) => `  ${describeTaint(one, run.runId)}`)),
    `selfcheck: ${score.caught} of ${score.mutants} mutants caught (${percent}): ${counts}`,
  ];
}
