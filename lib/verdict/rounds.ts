import type { Event } from "../events/event.ts";
import type { Expectation } from "../model/expectation.ts";
import type { Observation } from "../probes/probe.ts";
import type { PathResult } from "./result.ts";
import { withMeanwhile } from "./self-healing.ts";
import { eventsOf, type EventOf } from "../events/events-of-type.ts";
import { judgePath } from "./path.ts";

/**
 * Judges each path from the rounds that count. If its symptom may appear late or an agent may undo the fault, only
 * the last round and the rounds that show it lasts count. Otherwise every round counts: a later round does not
 * overrule a decided one. Pure.
 */
export function judgePaths(start: EventOf<"scenario-started">, events: readonly Event[]): readonly PathResult[] {
  const rounds = eventsOf(events, "round").filter(({ phase }) => phase === "fault");
  return Object.entries(start.expect).map(([path, expected]) => {
    const counted = countedRounds(start, path, expected, rounds).map((round) => flowsOn(path, round));
    const result = checkedAtEnd(expected, counted.at(-1) ?? [], judgePath(path, expected, counted.flat()));
    return withMeanwhile(isTooEarly(start, result, expected, events) ? interrupted(result) : result, start, events);
  });
}

/**
 * Returns the result of an intermittent symptom, which must also show in the last round. Otherwise it may have been a
 * gap, such as the one between CoreDNS's old pods and its new ones. Pure.
 */
function checkedAtEnd(expected: Expectation, last: readonly Observation[], result: PathResult): PathResult {
  if (!expected.mostly || result.verdict !== "pass") return result;
  const { verdict, reason } = judgePath(result.path, expected, last);
  return verdict === "pass"
    ? result
    : { ...result, verdict, reason: `${result.reason}, but in the last round ${reason}` };
}

function countedRounds(
  start: EventOf<"scenario-started">,
  path: string,
  expected: Expectation,
  rounds: readonly EventOf<"round">[],
): readonly EventOf<"round">[] {
  if (!mayChange(start, path, expected)) return decidedRounds(rounds, path);
  const lasting = rounds.findIndex((round) => round.lasting);
  return lasting < 0 ? rounds.slice(-1) : decidedRounds(rounds.slice(Math.max(0, lasting - 1)), path);
}

/** Returns true if a path may change under the fault. Older logs lack `appearsWithinMs`: there every symptom may. */
function mayChange({ healsItself, appearsWithinMs }: EventOf<"scenario-started">, path: string, expected: Expectation) {
  const isControl = expected.symptoms.every((symptom) => symptom === "ok");
  return isControl ? path in (healsItself?.meanwhile ?? {}) : appearsWithinMs !== 0;
}

/** Drops the rounds, except the last, in which the path is undecided: the engine measured them again. */
function decidedRounds(rounds: readonly EventOf<"round">[], path: string): readonly EventOf<"round">[] {
  const isUnclear = (round: EventOf<"round">) => flowsOn(path, round).some(({ symptom }) => symptom === "unknown");
  return rounds.filter((round, index) => index === rounds.length - 1 || !isUnclear(round));
}

function flowsOn(path: string, { observations }: EventOf<"round">): readonly Observation[] {
  return observations.filter((flow) => flow.path === path);
}

/**
 * Returns true if the path failed only because an error, a signal or a cut log ended the probes before its symptom
 * had the time to show.
 */
function isTooEarly(
  start: EventOf<"scenario-started">,
  { path, verdict }: PathResult,
  expected: Expectation,
  events: readonly Event[],
) {
  const isOver =
    eventsOf(events, "read-back").some(({ when }) => when === "after") || eventsOf(events, "drifted").length > 0;
  return verdict === "fail" && !isOver && mayChange(start, path, expected);
}

function interrupted(result: PathResult): PathResult {
  return { ...result, verdict: "unknown", reason: `${result.reason}, and the probes were interrupted` };
}
