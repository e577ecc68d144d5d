import type { Event } from "../events/event.ts";
import type { Expectation } from "../model/expectation.ts";
import type { Observation } from "../probes/probe.ts";
import type { PathResult } from "./result.ts";
import { withMeanwhile } from "./self-healing.ts";
import { all, type Of } from "../events/of-type.ts";
import { judgePath } from "./path.ts";

/**
 * Each path by the rounds under the fault that count for it. Where a symptom may take its time, or somebody is to undo the fault, that is the last, and those that were to show that it lasts; else all of
 * them: what was decided once is not measured away. Pure.
 */
export function judgePaths(start: Of<"scenario-started">, events: readonly Event[]): readonly PathResult[] {
  const rounds = all(events, "round").filter((one) => one.phase === "fault");
  return Object.entries(start.expect).map(([path, expected]) => {
    const counted = countedRounds(start, path, expected, rounds).map((round) => flowsOn(path, round));
    const result = untilItsEnd(expected, counted.at(-1) ?? [], judgePath(path, expected, counted.flat()));
    return withMeanwhile(isTakenBack(start, result, expected, events) ? brokenOff(result) : result, start, events);
  });
}

/** What comes and goes must be there at the end: else there may have been only a gap, as between CoreDNS's old pods and its new ones. Pure. */
function untilItsEnd(expected: Expectation, last: readonly Observation[], result: PathResult): PathResult {
  if (!expected.mostly || result.verdict !== "pass") return result;
  const { verdict, reason } = judgePath(result.path, expected, last);
  return verdict === "pass"
    ? result
    : { ...result, verdict, reason: `${result.reason}, but in the last round ${reason}` };
}

function countedRounds(
  start: Of<"scenario-started">,
  path: string,
  expected: Expectation,
  rounds: readonly Of<"round">[],
): readonly Of<"round">[] {
  if (!mayChange(start, path, expected)) return decided(rounds, path);
  const lasting = rounds.findIndex((one) => one.lasting);
  return lasting < 0 ? rounds.slice(-1) : decided(rounds.slice(Math.max(0, lasting - 1)), path);
}

/** Logs of before `appearsWithinMs` was written down may have had to wait for it. */
function mayChange({ healsItself, appearsWithinMs }: Of<"scenario-started">, path: string, expected: Expectation) {
  const isControl = expected.symptoms.every((symptom) => symptom === "ok");
  return isControl ? path in (healsItself?.meanwhile ?? {}) : appearsWithinMs !== 0;
}

/** A round with something unclear in it is measured again: what could not be told on a path then counts only in the last. */
function decided(rounds: readonly Of<"round">[], path: string): readonly Of<"round">[] {
  const isUnclear = (round: Of<"round">) => flowsOn(path, round).some(({ symptom }) => symptom === "unknown");
  return rounds.filter((one, index) => index === rounds.length - 1 || !isUnclear(one));
}

function flowsOn(path: string, { observations }: Of<"round">): readonly Observation[] {
  return observations.filter((one) => one.path === path);
}

/** A symptom that was still to come has not failed to come when the probing ended before its time (an error, a signal, a cut log). */
function isTakenBack(
  start: Of<"scenario-started">,
  { path, verdict }: PathResult,
  expected: Expectation,
  events: readonly Event[],
) {
  const isOver = all(events, "read-back").some(({ when }) => when === "after") || all(events, "drifted").length > 0;
  return verdict === "fail" && !isOver && mayChange(start, path, expected);
}

function brokenOff(result: PathResult): PathResult {
  return { ...result, verdict: "unknown", reason: `${result.reason}, and the probing was broken off` };
}
