import type { Mode } from "../model/mode.ts";
import type { PathResult, ScenarioResult } from "./result.ts";
import type { Verdict } from "../model/verdict.ts";

/** A mutant of the suite that was run, by what it is a mutant of. */
export interface MutantResult {
  readonly scenario: string;
  readonly cell: string;
  readonly mode: Mode;
  readonly verdict: Verdict;
  readonly reason: string;
}

/** `selfcheck.json`: which mutants the suite caught. */
export interface MutationScore {
  readonly schemaVersion: 1;
  readonly mutants: number;
  readonly caught: number;
  /** Whole percent, rounded down, so that 100 means all; null where there was no mutant. */
  readonly scorePercent: number | null;
  readonly byMode: readonly { readonly mode: Mode; readonly mutants: number; readonly caught: number }[];
  readonly notCaught: readonly MutantResult[];
  /** No test could tell them from the scenario itself; its suite says why. Not counted. */
  readonly equivalent: readonly MutantResult[];
  readonly skipped: readonly MutantResult[];
}

/**
 * Scores the results of a selfcheck. `sameOnEitherNode`: by scenario, why its fault on the other node shows the same; where it did not, that is told as not
 * caught, since the suite then says what is not so. Pure.
 */
export function scoreOf(
  results: readonly ScenarioResult[],
  sameOnEitherNode: ReadonlyMap<string, string>,
): MutationScore {
  const told = results.map((one) => ({ one, kind: kindOf(one, sameOnEitherNode.has(one.scenario)) }));
  const of = (kind: Kind) => told.filter((each) => each.kind === kind).map(({ one }) => one);
  const [caught, notCaught] = [of("caught"), of("not-caught")];
  const mutants = [...caught, ...notCaught];
  const modes = [...new Set(results.map(({ mode }) => mode))];
  return {
    schemaVersion: 1,
    mutants: mutants.length,
    caught: caught.length,
    scorePercent: mutants.length === 0 ? null : Math.floor((100 * caught.length) / mutants.length),
    byMode: modes.map((mode) => ({ mode, mutants: inMode(mutants, mode), caught: inMode(caught, mode) })),
    notCaught: notCaught.map((one) => mutantOf(one, whatToAdd(one, sameOnEitherNode.has(one.scenario)))),
    equivalent: of("equivalent").map((one) => mutantOf(one, sameOnEitherNode.get(one.scenario) ?? one.reason)),
    skipped: of("skipped").map((one) => mutantOf(one, one.reason)),
  };
}

type Kind = "caught" | "not-caught" | "equivalent" | "skipped";

function kindOf(one: ScenarioResult, claimsSame: boolean): Kind {
  if (one.verdict === "skip") return "skipped";
  if (one.mode !== "wrong-node" || !claimsSame) return isCaught(one) ? "caught" : "not-caught";
  return one.verdict === "pass" ? "equivalent" : "not-caught";
}

/**
 * A mutant is caught by a fail that was measured, since an unknown would come of any breakage of the harness itself. Swapped: every single path fails.
 * Wrong node: some path fails. No fault: exactly the paths that were claimed to break fail, and for no other reason.
 */
export function isCaught(one: ScenarioResult): boolean {
  if (one.verdict !== "fail") return false;
  if (one.mode === "swapped") return one.paths.every((path) => path.verdict === "fail");
  if (one.nodeStateDifferences.length > 0) return false;
  if (one.mode === "wrong-node") return one.paths.some((path) => path.verdict === "fail");
  return one.paths.every((path) => (path.verdict === "fail") !== isControl(path));
}

function isControl(path: PathResult): boolean {
  return path.expected === "ok" || path.expected.startsWith("ok, ");
}

function whatToAdd({ mode, verdict, reason }: ScenarioResult, claimsSame: boolean): string {
  if (mode !== "wrong-node") return reason;
  if (claimsSame) return `the suite says that it is the same on either node, and it is not: ${reason}`;
  if (verdict !== "pass") return reason;
  return "every path shows the same; add a control that is ok only with the fault on the right node, or say why there is none (sameOnEitherNode)";
}

function mutantOf({ scenario, cell, mode, verdict }: ScenarioResult, reason: string): MutantResult {
  return { scenario, cell, mode, verdict, reason };
}

function inMode(results: readonly ScenarioResult[], mode: Mode): number {
  return results.filter((one) => one.mode === mode).length;
}
