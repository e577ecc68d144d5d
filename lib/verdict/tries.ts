import type { Rate, ScenarioResult, Try } from "./result.ts";
import type { Verdict } from "../model/verdict.ts";
import { wilson, Z_95 } from "./share.ts";

/** One time that a scenario was run, judged. */
export interface JudgedTry extends Try {
  readonly result: ScenarioResult;
}

const WORST_FIRST: readonly Verdict[] = ["fail", "unknown", "pass", "skip"];

/**
 * One result of all the times that a scenario was run in one cell and mode. What could not be told is outdone by a later attempt of the same repeat that could. Tries that
 * disagree are not what any of them says: the result is `unknown` and flaky, with each try's verdict; what it shows is the worst try's. Pure. Throws RangeError without any.
 */
export function resultOf(tries: readonly JudgedTry[]): ScenarioResult {
  const counted = tries.filter((one, index) => one.verdict !== "unknown" || !isOutdone(one, tries.slice(index + 1)));
  const worst = counted.toSorted((a, b) => rank(a) - rank(b))[0];
  if (!worst) throw new RangeError("a scenario that was never run has no result");
  const verdicts = new Set(counted.map(({ verdict }) => verdict));
  const list = tries.map(({ repeat, attempt, verdict, reason }) => ({ repeat, attempt, verdict, reason }));
  const rate = rateOf(counted);
  const flaky = verdicts.has("fail") && verdicts.has("pass");
  if (!flaky) return { ...worst.result, tries: list, rate, flaky };
  const counts = [...verdicts].map((one) => `${one} ×${counted.filter(({ verdict }) => verdict === one).length}`);
  const reason = `flaky: ${counts.join(", ")} of ${counted.length} tries; the fail: ${worst.reason}`;
  return { ...worst.result, verdict: "unknown", reason, tries: list, rate, flaky };
}

function isOutdone({ repeat }: Try, later: readonly Try[]): boolean {
  return later.some((one) => one.repeat === repeat && one.verdict !== "unknown");
}

function rank({ verdict }: Try): number {
  return WORST_FIRST.indexOf(verdict);
}

/** Of a scenario that was repeated: how often it held, among the times that could be decided. Null where it was asked for once. */
function rateOf(tries: readonly Try[]): Rate | null {
  if (!tries.some(({ repeat }) => repeat > 1)) return null;
  const decided = tries.filter(({ verdict }) => verdict === "pass" || verdict === "fail");
  const passed = decided.filter(({ verdict }) => verdict === "pass").length;
  const [low, high] = wilson(passed, decided.length, Z_95);
  return { passed, decided: decided.length, unknown: tries.length - decided.length, low, high };
}
