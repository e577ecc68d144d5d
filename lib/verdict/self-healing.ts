import type { Event } from "../events/event.ts";
import type { PathResult } from "./result.ts";
import { elapsedMs } from "../events/elapsed.ts";
import { eventsOf, type EventOf } from "../events/events-of-type.ts";

/**
 * Time that the probes need to meet a fault: on a busy machine the first SYN may be late, and the next follows a second
 * later. A fault that was last seen in force sooner after the first probe's start may have met no probe.
 */
const TOO_QUICK_MS = 1500;

/**
 * Returns a path's result with the symptoms that the claim wants before the agent's repair. A path that never showed
 * them fails; it is unknown if the probes had too little time or one of them could not decide. Other paths stay.
 * Pure.
 */
export function withMeanwhile(
  result: PathResult,
  { healsItself }: EventOf<"scenario-started">,
  events: readonly Event[],
): PathResult {
  const symptoms = healsItself?.meanwhile[result.path];
  if (!healsItself || !symptoms) return result;
  const words = symptoms.join(" or ");
  const expected = `${words} until ${healsItself.by} has undone it, then ${result.expected}`;
  const changed = { ...result, expected, control: false };
  if (result.verdict === "fail" || isSeen(events, result.path, symptoms)) return changed;
  const paths = Object.entries(healsItself.meanwhile);
  const isNoneSeen = paths.every(([path, wanted]) => !isSeen(events, path, wanted));
  const tooQuick = isNoneSeen ? whyTooQuick(events, Object.keys(healsItself.meanwhile)) : null;
  const verdict = tooQuick !== null || isSeen(events, result.path, ["unknown"]) ? "unknown" : "fail";
  const reason = `not once ${words} until ${healsItself.by} had undone it`;
  return { ...changed, verdict, reason: tooQuick === null ? reason : `${reason}: ${tooQuick}` };
}

/**
 * Returns the reason that the probes of these paths may have missed the fault, or null. Measures from the first
 * probe's start to the start of the last reading that found the fault in force: the minimum over all faults, negative
 * if the reading came first. Older logs lack these times; there it takes the time from injection to the reading that
 * found it gone. Pure.
 */
function whyTooQuick(events: readonly Event[], paths: readonly string[]): string | null {
  const drifts = eventsOf(events, "drifted");
  const starts = probeStartsOf(events, paths);
  if (starts.length === 0 || drifts.some(({ lastSeenMs }) => lastSeenMs === undefined)) {
    const goneMs = Math.min(...drifts.map(({ afterMs }) => afterMs));
    return goneMs < TOO_QUICK_MS ? `it was found gone ${goneMs} ms after injection` : null;
  }
  const firstMs = Math.min(...starts);
  const overlapMs = Math.min(...drifts.map((drift) => Math.round(lastSeenAtMs(events, drift) - firstMs)));
  if (overlapMs >= TOO_QUICK_MS) return null;
  return overlapMs < 0
    ? `it was last seen in force ${-overlapMs} ms before the first probe began`
    : `it was last seen in force ${overlapMs} ms after the first probe began, too soon to meet a probe`;
}

/**
 * Returns when the probes of these paths began under the fault, ms by the wall clock; empty for logs without these
 * times.
 */
function probeStartsOf(events: readonly Event[], paths: readonly string[]): readonly number[] {
  const rounds = eventsOf(events, "round").filter(({ phase }) => phase === "fault");
  const flows = rounds.flatMap(({ observations }) => observations.filter(({ path }) => paths.includes(path)));
  return flows.flatMap(({ startedAtMs }) => (startedAtMs > 0 ? [startedAtMs] : []));
}

/**
 * Returns when a fault was last seen in force, ms by the wall clock, as the probes' starts are. Counts back from the
 * `drifted` event by the monotonic clock: the wall clock may have been set between injection and the probes.
 */
function lastSeenAtMs(events: readonly Event[], drift: EventOf<"drifted">): number {
  const injected = eventsOf(events, "injected").find(({ faultId }) => faultId === drift.faultId);
  const sinceMs = injected ? elapsedMs(injected, drift) : drift.afterMs;
  return drift.atMs - Math.max(0, sinceMs - (drift.lastSeenMs ?? drift.afterMs));
}

function isSeen(events: readonly Event[], path: string, symptoms: readonly string[]): boolean {
  const flows = roundsUntilUndone(events).flatMap(({ observations }) =>
    observations.filter((flow) => flow.path === path),
  );
  return flows.some(({ symptom }) => symptoms.includes(symptom));
}

/**
 * Returns the rounds until the repair. The round during which it happened is logged after the last `drifted`, so it
 * counts.
 */
function roundsUntilUndone(events: readonly Event[]): readonly EventOf<"round">[] {
  const rounds = eventsOf(events, "round").filter(({ phase }) => phase === "fault");
  const at = events.findLastIndex(({ type }) => type === "drifted");
  const after = rounds.filter((round) => events.indexOf(round) > at);
  return at < 0 ? rounds : rounds.filter((round) => round === after[0] || !after.includes(round));
}
