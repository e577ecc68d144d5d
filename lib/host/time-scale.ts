/**
 * How much slower a machine is than those that the timeouts were measured on. It multiplies the time that a command, an
 * API call or an attempt may take, a fault's lease, and a scenario's budgets for appearing, lasting and recovering. It
 * exists for the kernel lane: in user-mode Linux, system calls are expensive, and kind's two nodes take 64 to 92 s
 * instead of 18 to 23 s. Only the command line reads it from its environment (cli/host/time-scale.ts); everything else
 * is handed it.
 */
export interface TimeScale {
  /** 1 to 20. */
  readonly factor: number;
}

/** A machine of usual speed. */
export const USUAL_SPEED: TimeScale = { factor: 1 };

/** Returns the time scale that a setting names: a number from 1 to 20. Any other text, or none, is the usual speed. */
export function timeScaleIn(setting: string | undefined): TimeScale {
  const factor = Number(setting ?? "1");
  return factor >= 1 && factor <= 20 ? { factor } : USUAL_SPEED;
}

/** Returns a duration (ms) on a machine of that speed. */
export function scaled(durationMs: number, { factor }: TimeScale): number {
  return durationMs * factor;
}
