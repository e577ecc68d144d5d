import type { Whereabouts } from "../model/cluster.ts";
import type { Expectation } from "../model/expectation.ts";
import type { Fault } from "../faults/registry.ts";
import type { Observation } from "../probes/probe.ts";
import { watchFaults, type WatchedFault } from "./drift.ts";
import { measure, planFor } from "./measure.ts";
import { paceOf, type Say, type ScenarioContext } from "./scenario-context.ts";
import { isDecidedEarly, unresolvedNeighbours } from "./unresolved.ts";

const FLOWS_UNDER_FAULT = 3;
/** A round with something unclear in it is measured again, at most so often. */
const MOST_UNCLEAR = 2;

/** What the probes under a fault go by; times in ms. */
export interface Course {
  readonly claimed: Readonly<Record<string, Expectation>>;
  /** The symptom may take its time. */
  readonly appearsWithinMs: number;
  /** It must last for so long once it is there. */
  readonly lastsMs: number;
  /** An agent is expected to undo a fault within this time; null where no agent may. */
  readonly healsItselfWithinMs: number | null;
  /** The kind of the fault that is then undone. */
  readonly healedKind: Fault["kind"] | null;
}

/** Which round, and how it is measured. */
export interface RoundKind {
  readonly number: number;
  readonly patient: boolean;
  readonly lasting?: true;
}

export interface RoundSeen {
  readonly observations: readonly Observation[];
  /** Faults that a reading meanwhile found gone. */
  readonly gone: readonly WatchedFault[];
  readonly kind: RoundKind;
}

/** Probes all paths once and reads the faults meanwhile. Throws what either throws, once both are over. */
export async function faultRound(
  context: ScenarioContext,
  where: Whereabouts,
  faults: readonly WatchedFault[],
  course: Course,
  kind: RoundKind,
  say: Say,
): Promise<RoundSeen> {
  const { number, patient, lasting } = kind;
  const plan = planFor(course.claimed, FLOWS_UNDER_FAULT, patient);
  const probing = measure(context.cluster, where, plan, context.signal);
  const { readIntervalMs, closeReadIntervalMs } = paceOf(context);
  const intervalMs = course.healsItselfWithinMs === null ? readIntervalMs : closeReadIntervalMs;
  const watching = watchFaults(context, faults, probing, intervalMs, say);
  // Neither may go on behind our back: what it would find then is our own undoing.
  const [measured] = await Promise.allSettled([probing, watching]);
  if (measured.status === "fulfilled")
    say({ type: "round", phase: "fault", number, observations: measured.value, ...(lasting && { lasting }) });
  return { observations: await probing, gone: await watching, kind };
}

/**
 * The same, and again where something was unclear, or where a connect was given up while a neighbour was still being
 * asked for, on either node; all rounds are logged. Resolves to the last. Ends at once when a fault is gone.
 */
export async function clearRound(
  context: ScenarioContext,
  where: Whereabouts,
  faults: readonly WatchedFault[],
  course: Course,
  first: RoundKind,
  say: Say,
): Promise<RoundSeen> {
  let unclear = 0;
  for (let kind = first; ; kind = { ...kind, number: kind.number + 1 }) {
    const begunMs = performance.now();
    const seen = await faultRound(context, where, faults, course, kind, say);
    if (seen.gone.length > 0) return seen;
    const why = kind.patient ? null : await whyPatiently(context, where, seen.observations, begunMs);
    if (why !== null) {
      kind = { ...kind, patient: true };
      say({ type: "measured-again", reason: why });
    } else if (seen.observations.some(({ symptom }) => symptom === "unknown") && unclear < MOST_UNCLEAR) {
      unclear += 1;
      say({ type: "measured-again", reason: "something could not be told" });
    } else return seen;
    where = await context.cluster.locate();
  }
}

async function whyPatiently(
  context: ScenarioContext,
  where: Whereabouts,
  observations: readonly Observation[],
  begunMs: number,
): Promise<string | null> {
  if (!isDecidedEarly(observations)) return null;
  const [line] = await unresolvedNeighbours(context.cluster, where, begunMs);
  return line === undefined ? null : `a neighbour is still being asked for (${line}), so silence may yet turn`;
}
