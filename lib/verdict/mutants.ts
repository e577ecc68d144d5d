import type { Mode } from "../model/mode.ts";
import type { Verdict } from "../model/verdict.ts";
import type { ScenarioResult } from "./result.ts";

/** The result of one mutant: a scenario run in a mode in which it must fail. */
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
  /** Whole percent, rounded down, so that 100 means all; null if there was no mutant. */
  readonly scorePercent: number | null;
  readonly byMode: readonly { readonly mode: Mode; readonly mutants: number; readonly caught: number }[];
  readonly notCaught: readonly MutantResult[];
  /** Mutants that no test could tell from the scenario itself, as their suite states with a reason. Not counted. */
  readonly equivalent: readonly MutantResult[];
  readonly skipped: readonly MutantResult[];
}

/**
 * Scores the results of a selfcheck. `sameOnEitherNode` maps a scenario to the suite's reason that its fault shows
 * the same on the other node. A measured difference contradicts that reason, so the mutant then counts as not caught.
 * Pure.
 */
export function scoreOf(
  results: readonly ScenarioResult[],
  sameOnEitherNode: ReadonlyMap<string, string>,
): MutationScore {
  const kinds = results.map((result) => ({ result, kind: kindOf(result, sameOnEitherNode.has(result.scenario)) }));
  const of = (kind: Kind) => kinds.filter((each) => each.kind === kind).map(({ result }) => result);
  const [caught, notCaught] = [of("caught"), of("not-caught")];
  const mutants = [...caught, ...notCaught];
  const modes = [...new Set(results.map(({ mode }) => mode))];
  return {
    schemaVersion: 1,
    mutants: mutants.length,
    caught: caught.length,
    scorePercent: mutants.length === 0 ? null : Math.floor((100 * caught.length) / mutants.length),
    byMode: modes.map((mode) => ({ mode, mutants: countIn(mutants, mode), caught: countIn(caught, mode) })),
    notCaught: notCaught.map((result) => mutantOf(result, advice(result, sameOnEitherNode.has(result.scenario)))),
    equivalent: of("equivalent").map((each) => mutantOf(each, sameOnEitherNode.get(each.scenario) ?? each.reason)),
    skipped: of("skipped").map((result) => mutantOf(result, result.reason)),
  };
}

type Kind = "caught" | "not-caught" | "equivalent" | "skipped";

function kindOf(result: ScenarioResult, claimsSame: boolean): Kind {
  if (result.verdict === "skip") return "skipped";
  if (result.mode !== "wrong-node" || !claimsSame) return isCaught(result) ? "caught" : "not-caught";
  return result.verdict === "pass" ? "equivalent" : "not-caught";
}

/**
 * Returns true if the mutant was caught by a measured fail; an unknown does not count, because a broken harness gives
 * it too. `swapped`: every path fails. `wrong-node`: some path fails. `no-fault`: exactly the paths that were claimed
 * to break fail. In the latter two no node state differs. Pure.
 */
export function isCaught(result: ScenarioResult): boolean {
  if (result.verdict !== "fail") return false;
  if (result.mode === "swapped") return result.paths.every((path) => path.verdict === "fail");
  if (result.nodeStateDifferences.length > 0) return false;
  if (result.mode === "wrong-node") return result.paths.some((path) => path.verdict === "fail");
  return result.paths.every((path) => (path.verdict === "fail") !== path.control);
}

/** Returns the reason that a mutant was not caught, and the fix if the suite needs one. */
function advice({ mode, verdict, reason }: ScenarioResult, claimsSame: boolean): string {
  if (mode !== "wrong-node") return reason;
  if (claimsSame) return `the suite says that either node shows the same, but they differ: ${reason}`;
  if (verdict !== "pass") return reason;
  const addControl = "add a control that is ok only with the fault on the right node";
  return `every path shows the same; ${addControl}, or say why that is impossible (sameOnEitherNode)`;
}

function mutantOf({ scenario, cell, mode, verdict }: ScenarioResult, reason: string): MutantResult {
  return { scenario, cell, mode, verdict, reason };
}

function countIn(results: readonly ScenarioResult[], mode: Mode): number {
  return results.filter((result) => result.mode === mode).length;
}
