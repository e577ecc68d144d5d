import type { Event } from "../event.ts";
import type { PathResult } from "../run.ts";
import { all, type Of } from "./of-type.ts";

/** A probe needs a second for its next SYN: what is undone sooner than that may have met none at all. */
const TOO_QUICK_MS = 1500;

/**
 * A path's result where somebody else is claimed to undo the fault: it must have been broken until then, too. What was never seen broken failed, unless there was no time for it
 * to be seen or something could not be told: then it is unknown. Other paths stay as they are. Pure.
 */
export function withMeanwhile(
  result: PathResult,
  { healsItself }: Of<"scenario-started">,
  events: readonly Event[],
): PathResult {
  const symptoms = healsItself?.meanwhile[result.path];
  if (!healsItself || !symptoms) return result;
  const words = symptoms.join(" or ");
  const told = { ...result, expected: `${words} until ${healsItself.by} has undone it, then ${result.expected}` };
  if (result.verdict === "fail" || isSeen(events, result.path, symptoms)) return told;
  const paths = Object.entries(healsItself.meanwhile);
  const isNoneSeen = paths.every(([path, each]) => !isSeen(events, path, each));
  const isTooQuick = isNoneSeen && all(events, "drifted").some(({ afterMs }) => afterMs < TOO_QUICK_MS);
  const verdict = isTooQuick || isSeen(events, result.path, ["unknown"]) ? "unknown" : "fail";
  return { ...told, verdict, reason: `not once ${words} until ${healsItself.by} had undone it` };
}

function isSeen(events: readonly Event[], path: string, symptoms: readonly string[]): boolean {
  const flows = untilUndone(events).flatMap(({ observations }) => observations.filter((one) => one.path === path));
  return flows.some(({ symptom }) => symptoms.includes(symptom));
}

/** The rounds until somebody had undone it; the one meanwhile is logged after what it found. */
function untilUndone(events: readonly Event[]): readonly Of<"round">[] {
  const rounds = all(events, "round").filter(({ phase }) => phase === "fault");
  const at = events.findLastIndex(({ type }) => type === "drifted");
  const after = rounds.filter((one) => events.indexOf(one) > at);
  return at < 0 ? rounds : rounds.filter((one) => one === after[0] || !after.includes(one));
}
