/** How long the engine waits between two looks, and for how long it goes on looking. Times in ms. */
export interface Pace {
  /** For the steady state before a fault. */
  readonly steadyBudgetMs: number;
  /** From the begin of a round to that of the next, so that three rounds in a row span more than one instant. */
  readonly roundIntervalMs: number;
  /** Between two readings of a fault while probes are under way. */
  readonly readIntervalMs: number;
  /** The same, where the time until an agent undoes the fault is the claim. */
  readonly closeReadIntervalMs: number;
  /** Between two rounds that show that a symptom lasts. */
  readonly lastingIntervalMs: number;
  /** Between two comparisons of the nodes with what they were before. */
  readonly compareIntervalMs: number;
}

/** On a real cluster. The steady state has a minute, since pods of the scenario before may still be starting. */
export const PACE: Pace = {
  steadyBudgetMs: 60_000,
  roundIntervalMs: 200,
  readIntervalMs: 500,
  closeReadIntervalMs: 200,
  lastingIntervalMs: 1000,
  compareIntervalMs: 500,
};
