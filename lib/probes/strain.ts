import type { Observation } from "./probe.ts";

/** How the node itself fared during a round of probes. */
export interface Strain {
  /** How late the latest tick of the prober's 100-ms clock came; null when its stream was cut, which is likeliest on a node that starves. */
  readonly worstGapMs: number | null;
  /** For how long somebody on the machine waited for a CPU; null where the kernel does not count it. */
  readonly waitedMs: number | null;
}

/** A standstill as long as this explains any silence. */
const LONGEST_GAP_MS = 1000;

/**
 * Takes back what a starved machine may have made: silence and slowness become `unknown`, with the reason. What the far end itself said (an answer,
 * a refusal) stands whatever the machine did. `observations` are those of one node's round. Pure.
 */
export function believable(observations: readonly Observation[], strain: Strain): readonly Observation[] {
  return observations.map((one) => {
    const why = whyNotBelieved(one, observations, strain);
    const detail = `${why}: ${one.symptom} cannot be told from that`;
    return why === null ? one : { ...one, symptom: "unknown", detail };
  });
}

/** Of silence: whether only the kernel had to answer, which needs no process to get its turn. */
const SILENT: Readonly<Partial<Record<Observation["symptom"], "kernel" | "process">>> = {
  "connect-timeout": "kernel",
  loss: "kernel",
  stall: "process",
  "dns-timeout": "process",
};

function whyNotBelieved(one: Observation, round: readonly Observation[], strain: Strain): string | null {
  const { worstGapMs, waitedMs } = strain;
  const answers = SILENT[one.symptom];
  if (answers === undefined && one.symptom !== "slow") return null;
  if (worstGapMs === null) return "the prober itself was cut off";
  const delayMs = delayOf(one);
  if (worstGapMs > Math.min(LONGEST_GAP_MS, delayMs / 2)) return `the prober itself stood still for ${worstGapMs} ms`;
  // Kernel threads get their turn among hundreds of processes; a server in user space may not.
  const waits = waitedMs !== null && waitedMs >= delayMs / 2;
  if (answers === "kernel" || !waits) return null;
  if (answers === "process" && slowestAnswerMs(round) <= delayMs / 2) return null;
  return `processes waited ${waitedMs} ms for a CPU`;
}

/** In ms: how long was waited in vain, or how late the answer was. */
function delayOf({ symptom, durationMs, early, seen }: Observation): number {
  if (symptom === "slow" && seen.slowClassS !== undefined) return seen.slowClassS * 1000;
  return early?.afterMs ?? durationMs;
}

/** In ms, of the probes that a server process answered in the same round; Infinity where none was. Servers got their turn by then, so a longer silence is not the machine's. */
function slowestAnswerMs(round: readonly Observation[]): number {
  const answered = round.filter(({ tool, symptom }) => tool !== "ping" && symptom === "ok");
  return answered.length === 0 ? Infinity : Math.max(...answered.map(({ durationMs }) => durationMs));
}
