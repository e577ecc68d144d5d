import type { Whereabouts } from "../model/cluster.ts";
import type { WatchedFault } from "./drift.ts";
import { clearRound, faultRound, type Course, type RoundKind } from "./fault-round.ts";
import { paceOf, type Say, type ScenarioContext } from "./scenario-context.ts";
import { allAsExpected, sleep } from "./steady.ts";

export type { Course } from "./fault-round.ts";

/** What comes and goes may just be away when the time is up: so many more rounds it has to come back. */
const MOST_ROUNDS_TO_COME_BACK = 8;

/** The injected faults, and those of them that the reading before the probes found gone. */
export interface ReadFaults {
  readonly watched: readonly WatchedFault[];
  readonly gone: readonly WatchedFault[];
}

/**
 * Probes under the faults until it is as claimed or the claim's time is up, and reads the faults meanwhile. Ends at
 * once when a fault is gone that no agent may undo. Resolves to the faults that were in force when last read.
 */
export async function underFault(
  context: ScenarioContext,
  where: Whereabouts,
  { watched, gone: goneBefore }: ReadFaults,
  course: Course,
  say: Say,
): Promise<readonly WatchedFault[]> {
  const faults = without(watched, goneBefore);
  const isHealed = goneBefore.length > 0;
  if (course.healsItselfWithinMs !== null) return await untilHealed(context, where, { faults, isHealed }, course, say);
  if (isHealed) return faults;
  const deadlineMs = performance.now() + course.appearsWithinMs;
  let kind: RoundKind = { number: 1, patient: false };
  for (;;) {
    const seen = await clearRound(context, where, faults, course, kind, say);
    if (seen.gone.length > 0) return without(faults, seen.gone);
    if (allAsExpected(course.claimed, seen.observations))
      return await whileItLasts(context, faults, course, seen.kind, say);
    if (performance.now() >= deadlineMs) return faults;
    kind = { ...seen.kind, number: seen.kind.number + 1 };
    where = await context.cluster.locate();
  }
}

function without(faults: readonly WatchedFault[], gone: readonly WatchedFault[]): readonly WatchedFault[] {
  return faults.filter((one) => !gone.includes(one));
}

/**
 * The symptom is there; where it is claimed to last, it must be there in every round until the time is up. A symptom
 * that comes and goes (`mostly`) must be in the last round: then it has not gone for good, and the state under the
 * fault is one with the symptom.
 */
async function whileItLasts(
  context: ScenarioContext,
  faults: readonly WatchedFault[],
  course: Course,
  last: RoundKind,
  say: Say,
): Promise<readonly WatchedFault[]> {
  const { lastingIntervalMs } = paceOf(context);
  const untilMs = performance.now() + course.lastsMs;
  const comesAndGoes = course.lastsMs > 0 && Object.values(course.claimed).some(({ mostly }) => mostly);
  let kind = last;
  let more = comesAndGoes ? MOST_ROUNDS_TO_COME_BACK : 0;
  for (let isAway = false; performance.now() < untilMs || (isAway && more-- > 0);) {
    const leftMs = untilMs - performance.now();
    await sleep(leftMs > 0 ? Math.min(lastingIntervalMs, leftMs) : lastingIntervalMs);
    context.signal?.throwIfAborted();
    const where = await context.cluster.locate();
    const next: RoundKind = { ...kind, number: kind.number + 1, lasting: true };
    const seen = await clearRound(context, where, faults, course, next, say);
    if (seen.gone.length > 0) return without(faults, seen.gone);
    kind = seen.kind;
    isAway = !allAsExpected(course.claimed, seen.observations);
  }
  return faults;
}

/**
 * For a fault that an agent undoes: probes until that has happened, and once more afterwards, which is what counts. It
 * never measures an unclear path again: before the undo there is no time for it, and afterwards everything must be ok.
 */
async function untilHealed(
  context: ScenarioContext,
  where: Whereabouts,
  { faults, isHealed }: { readonly faults: readonly WatchedFault[]; isHealed: boolean },
  course: Course,
  say: Say,
): Promise<readonly WatchedFault[]> {
  const deadlineMs = performance.now() + (course.healsItselfWithinMs ?? 0);
  let left = faults;
  for (let number = 1; ; number += 1) {
    const { observations, gone } = await faultRound(context, where, left, course, { number, patient: false }, say);
    const isAfterwards = isHealed;
    isHealed ||= gone.length > 0;
    left = without(left, gone);
    const isOver = performance.now() >= deadlineMs;
    if (isAfterwards && (isOver || allAsExpected(course.claimed, observations))) return left;
    if (isOver && !isHealed) return left;
    where = await context.cluster.locate();
  }
}
