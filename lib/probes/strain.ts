import type { Observation } from "./probe.ts";

/** How starved the node was during a round of probes. */
export interface Strain {
  /** Delay of the prober's latest 100-ms tick; null if its output was cut, which is likeliest on a starved node. */
  readonly worstGapMs: number | null;
  /** How long processes of the machine waited for a CPU; null if the kernel does not count it. */
  readonly waitedMs: number | null;
}

/** A standstill of this length explains any silence. */
const LONGEST_GAP_MS = 1000;

/**
 * Returns the observations of one node's round, in which silence and slowness that a starved machine may have caused
 * are `unknown`, with the reason. A response of the far end (an answer, a refusal) stays as it is. Pure.
 */
export function believable(observations: readonly Observation[], strain: Strain): readonly Observation[] {
  return observations.map((observation) => {
    const why = whyNotBelieved(observation, observations, strain);
    if (why === null) return observation;
    return { ...observation, symptom: "unknown", detail: `${why}, which may look like ${observation.symptom}` };
  });
}

/** The side that owed an answer, for symptoms of silence: the kernel answers without scheduling a process. */
const SILENT: Readonly<Partial<Record<Observation["symptom"], "kernel" | "process">>> = {
  "connect-timeout": "kernel",
  loss: "kernel",
  stall: "process",
  "dns-timeout": "process",
};

function whyNotBelieved(observation: Observation, round: readonly Observation[], strain: Strain): string | null {
  const { worstGapMs, waitedMs } = strain;
  const answers = SILENT[observation.symptom];
  if (answers === undefined && observation.symptom !== "slow") return null;
  if (worstGapMs === null) return "the prober was cut off";
  const delayMs = delayOf(observation);
  if (worstGapMs > Math.min(LONGEST_GAP_MS, delayMs / 2)) return `the prober stood still for ${worstGapMs} ms`;
  // Among hundreds of processes the kernel still answers in time; a server process may not.
  const waits = waitedMs !== null && waitedMs >= delayMs / 2;
  if (answers === "kernel" || !waits) return null;
  if (answers === "process" && slowestAnswerMs(round) <= delayMs / 2) return null;
  return `processes waited ${waitedMs} ms for a CPU`;
}

/** Returns how long the probe waited in vain, or how late its answer was, in ms. */
function delayOf({ symptom, durationMs, early, seen }: Observation): number {
  if (symptom === "slow" && seen.slowClassS !== undefined) return seen.slowClassS * 1000;
  return early?.afterMs ?? durationMs;
}

/**
 * Returns the slowest answer of a server process in the same round, in ms; Infinity if there was none. Servers were
 * scheduled within that time, so the machine does not explain a longer silence.
 */
function slowestAnswerMs(round: readonly Observation[]): number {
  const answered = round.filter(({ tool, symptom }) => tool !== "ping" && symptom === "ok");
  return answered.length === 0 ? Infinity : Math.max(...answered.map(({ durationMs }) => durationMs));
}
