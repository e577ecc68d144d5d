/**
 * Which run of a scenario this is: `repeat` counts requested runs, `attempt` retries after a fail. Both count from 1.
 */
export interface Nth {
  readonly repeat: number;
  readonly attempt: number;
}

/** How a scenario runs: as its suite claims, or as one of the mutants that must not pass. */
export type Mode = "as-claimed" | "no-fault" | "wrong-node" | "swapped";

/** The part of a scenario in which a round of probes is measured. */
export type Phase = "steady" | "fault" | "recovery";
