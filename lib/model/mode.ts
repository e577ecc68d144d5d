/** A scenario may be run several times: to count how often it holds, and again after a fail. Both count from 1. */
export interface Nth {
  readonly repeat: number;
  readonly attempt: number;
}

/** As its suite claims it, or as one of the mutants that must not pass. */
export type Mode = "as-claimed" | "no-fault" | "wrong-node" | "swapped";

/** The part of a scenario in which a round of probes is measured. */
export type Phase = "steady" | "fault" | "recovery";
