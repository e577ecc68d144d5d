import type { Rate, ScenarioResult, Try } from "./result.ts";
import type { Verdict } from "../model/verdict.ts";
import { wilson, Z_95 } from "./share.ts";

/** One run of a scenario, with its result. */
export interface JudgedTry extends Try {
  readonly result: ScenarioResult;
}

const WORST_FIRST: readonly Verdict[] = ["fail", "unknown", "pass", "skip"];

/**
 * Combines the runs of a scenario in one cell and mode into one result. An unknown try does not count if a later
 * attempt of the same repeat was decided. If passes and fails disagree, the result is `unknown` and flaky, and shows
 * the worst try. Pure. Throws RangeError if there are no tries.
 */
export function resultOf(tries: readonly JudgedTry[]): ScenarioResult {
  const counted = tries.filter((one, index) => one.verdict !== "unknown" || !isSuperseded(one, tries.slice(index + 1)));
  const worst = counted.toSorted((a, b) => rank(a) - rank(b))[0];
  if (!worst) throw new RangeError("a scenario that was never run has no result");
  const verdicts = new Set(counted.map(({ verdict }) => verdict));
  const list = tries.map(({ repeat, attempt, verdict, reason }) => ({ repeat, attempt, verdict, reason }));
  const rate = rateOf(counted);
  const flaky = verdicts.has("fail") && verdicts.has("pass");
  if (!flaky) return { ...worst.result, tries: list, rate, flaky };
  const counts = [...verdicts].map((each) => `${each} ×${counted.filter(({ verdict }) => verdict === each).length}`);
  const reason = `flaky: ${counts.join(", ")} of ${counted.length} tries; the fail: ${worst.reason}`;
  return { ...worst.result, verdict: "unknown", reason, tries: list, rate, flaky };
}

function isSuperseded({ repeat }: Try, later: readonly Try[]): boolean {
  return later.some((attempt) => attempt.repeat === repeat && attempt.verdict !== "unknown");
}

function rank({ verdict }: Try): number {
  return WORST_FIRST.indexOf(verdict);
}

/** Returns how often a repeated scenario held among the decided tries; null if it was not repeated. */
function rateOf(tries: readonly Try[]): Rate | null {
  if (!tries.some(({ repeat }) => repeat > 1)) return null;
  const decided = tries.filter(({ verdict }) => verdict === "pass" || verdict === "fail");
  const passed = decided.filter(({ verdict }) => verdict === "pass").length;
  const [low, high] = wilson(passed, decided.length, Z_95);
  return { passed, decided: decided.length, unknown: tries.length - decided.length, low, high };
}
