import type { Event } from "../events/event.ts";
import type { PathResult } from "./result.ts";
import { elapsedMs } from "../events/elapsed.ts";
import { all, type Of } from "../events/of-type.ts";

/** A probe may take a while to send its first SYN on a busy machine, and needs a second for the next: what began so shortly before a fault was last seen in force may have met it not at all. */
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
  const tooQuick = isNoneSeen ? whyTooQuick(events, Object.keys(healsItself.meanwhile)) : null;
  const verdict = tooQuick !== null || isSeen(events, result.path, ["unknown"]) ? "unknown" : "fail";
  const reason = `not once ${words} until ${healsItself.by} had undone it`;
  return { ...told, verdict, reason: tooQuick === null ? reason : `${reason}: ${tooQuick}` };
}

/**
 * Why these paths may not have met a fault: the time from the first probe's beginning to that of the last reading that found it in force, of several faults the least, less than none where that was
 * earlier. In logs of before both were written down, as then: from its being put in force until it was found gone. Null where there was time enough. Pure.
 */
function whyTooQuick(events: readonly Event[], paths: readonly string[]): string | null {
  const drifts = all(events, "drifted");
  const starts = startsOf(events, paths);
  if (starts.length === 0 || drifts.some(({ lastSeenMs }) => lastSeenMs === undefined)) {
    const goneMs = Math.min(...drifts.map(({ afterMs }) => afterMs));
    return goneMs < TOO_QUICK_MS ? `it was found gone ${goneMs} ms after it was put in force` : null;
  }
  const firstMs = Math.min(...starts);
  const forMs = Math.min(...drifts.map((drift) => Math.round(lastSeenAtMs(events, drift) - firstMs)));
  if (forMs >= TOO_QUICK_MS) return null;
  return forMs < 0
    ? `it was last seen in force ${-forMs} ms before the first probe began`
    : `it was last seen in force ${forMs} ms after the first probe began, too soon to be met`;
}

/** When the probes of these paths began while the fault was in force; nothing in logs of before that was written down. */
function startsOf(events: readonly Event[], paths: readonly string[]): readonly number[] {
  const rounds = all(events, "round").filter(({ phase }) => phase === "fault");
  const flows = rounds.flatMap(({ observations }) => observations.filter(({ path }) => paths.includes(path)));
  return flows.flatMap(({ startedAtMs }) => (startedAtMs > 0 ? [startedAtMs] : []));
}

/** By the wall clock, as the probes' beginnings are, but counted back from when it was told: nobody may have set that clock between then and the probes. */
function lastSeenAtMs(events: readonly Event[], drift: Of<"drifted">): number {
  const injected = all(events, "injected").find(({ faultId }) => faultId === drift.faultId);
  const sinceMs = injected ? elapsedMs(injected, drift) : drift.afterMs;
  return drift.atMs - Math.max(0, sinceMs - (drift.lastSeenMs ?? drift.afterMs));
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
