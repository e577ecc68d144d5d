import type { Whereabouts } from "../cluster.ts";
import type { Expectation } from "../expectation.ts";
import type { Observation } from "../probes/probe.ts";
import { watchFaults, type WatchedFault } from "./drift.ts";
import { measure, planFor } from "./measure.ts";
import type { Say, Stand } from "./stand.ts";
import { allAsExpected, sleep } from "./steady.ts";
import { isDecidedEarly, unresolvedNeighbours } from "./unresolved.ts";

const FLOWS_UNDER_FAULT = 3;
/** A round with something unclear in it is measured again, at most so often. */
const MOST_UNCLEAR = 2;
const READ_INTERVAL_MS = 500;
/** Finer, where the time until somebody undoes the fault is the claim. */
const CLOSE_READ_INTERVAL_MS = 200;
/** Of a fault whose effect is to last. */
const LASTING_INTERVAL_MS = 1000;

/** What the probes under a fault go by; times in ms. */
export interface Course {
  readonly claimed: Readonly<Record<string, Expectation>>;
  /** The symptom may take its time. */
  readonly appearsWithinMs: number;
  /** It must last for so long once it is there. */
  readonly lastsMs: number;
  /** Somebody else is to undo a fault in this time; null where nobody may. */
  readonly healsItselfWithinMs: number | null;
}

/** The faults that were put in force, and those of them that the reading before the probes found gone. */
export interface ReadFaults {
  readonly watched: readonly WatchedFault[];
  readonly gone: readonly WatchedFault[];
}

/**
 * Probes under the faults until it is as claimed or the claim's time is up, and reads the faults meanwhile. A round is measured again where something was unclear, or where a
 * connect was given up while a neighbour was still being asked for; all rounds are logged. Ends at once when a fault is gone that nobody may undo. Resolves to the faults
 * that were in force when last read.
 */
export async function underFault(
  stand: Stand,
  where: Whereabouts,
  { watched, gone: goneBefore }: ReadFaults,
  course: Course,
  say: Say,
): Promise<readonly WatchedFault[]> {
  const faults = without(watched, goneBefore);
  const isHealed = goneBefore.length > 0;
  if (course.healsItselfWithinMs !== null) return await untilHealed(stand, where, { faults, isHealed }, course, say);
  if (isHealed) return faults;
  const deadlineMs = performance.now() + course.appearsWithinMs;
  let patient = false;
  let unclear = 0;
  for (let number = 1; ; number += 1) {
    const { observations, gone } = await round(stand, where, faults, course, { number, patient }, say);
    if (gone.length > 0) return without(faults, gone);
    const why = patient ? null : await whyPatiently(stand, where, observations);
    if (why !== null) {
      patient = true;
      say({ type: "measured-again", reason: why });
    } else if (observations.some(({ symptom }) => symptom === "unknown") && unclear < MOST_UNCLEAR) {
      unclear += 1;
      say({ type: "measured-again", reason: "something could not be told" });
    } else if (allAsExpected(course.claimed, observations)) {
      return await whileItLasts(stand, faults, course, { number, patient }, say);
    } else if (performance.now() >= deadlineMs) return faults;
    where = await stand.cluster.locate();
  }
}

function without(faults: readonly WatchedFault[], gone: readonly WatchedFault[]): readonly WatchedFault[] {
  return faults.filter((one) => !gone.includes(one));
}

interface RoundKind {
  readonly number: number;
  readonly patient: boolean;
  readonly lasting?: true;
}

async function round(
  stand: Stand,
  where: Whereabouts,
  faults: readonly WatchedFault[],
  course: Course,
  { number, patient, lasting }: RoundKind,
  say: Say,
) {
  const plan = planFor(course.claimed, FLOWS_UNDER_FAULT, patient);
  const probing = measure(stand.cluster, where, plan, stand.signal);
  const intervalMs = course.healsItselfWithinMs === null ? READ_INTERVAL_MS : CLOSE_READ_INTERVAL_MS;
  const [observations, gone] = await Promise.all([probing, watchFaults(stand, faults, probing, intervalMs, say)]);
  say({ type: "round", phase: "fault", number, observations, ...(lasting && { lasting }) });
  return { observations, gone };
}

async function whyPatiently(
  stand: Stand,
  where: Whereabouts,
  observations: readonly Observation[],
): Promise<string | null> {
  if (!isDecidedEarly(observations)) return null;
  const [line] = await unresolvedNeighbours(stand.cluster, where);
  return line === undefined ? null : `a neighbour is still being asked for (${line}), so silence may yet turn`;
}

/** The symptom is there; where it is claimed to last, it must be there in every round until the time is up. */
async function whileItLasts(
  stand: Stand,
  faults: readonly WatchedFault[],
  course: Course,
  last: RoundKind,
  say: Say,
): Promise<readonly WatchedFault[]> {
  const untilMs = performance.now() + course.lastsMs;
  for (let number = last.number + 1; performance.now() < untilMs; number += 1) {
    await sleep(Math.min(LASTING_INTERVAL_MS, untilMs - performance.now()));
    stand.signal?.throwIfAborted();
    const where = await stand.cluster.locate();
    const { gone } = await round(stand, where, faults, course, { ...last, number, lasting: true }, say);
    if (gone.length > 0) return without(faults, gone);
  }
  return faults;
}

/** Somebody else is to undo a fault: probes until that has happened, and once more afterwards. What is not gone by then is told by the last reading. */
async function untilHealed(
  stand: Stand,
  where: Whereabouts,
  { faults, isHealed }: { readonly faults: readonly WatchedFault[]; isHealed: boolean },
  course: Course,
  say: Say,
): Promise<readonly WatchedFault[]> {
  const deadlineMs = performance.now() + (course.healsItselfWithinMs ?? 0);
  let left = faults;
  for (let number = 1; ; number += 1) {
    const { observations, gone } = await round(stand, where, left, course, { number, patient: false }, say);
    const isAfterwards = isHealed;
    isHealed ||= gone.length > 0;
    left = without(left, gone);
    if (isAfterwards && allAsExpected(course.claimed, observations)) return left;
    if (performance.now() >= deadlineMs) return left;
    where = await stand.cluster.locate();
  }
}
