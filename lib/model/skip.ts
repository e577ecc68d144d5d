/**
 * Why a scenario is skipped, for programs. `cell`: the cell lacks what its suite needs, or its suite's
 * `skipWhen` says that it makes no sense there.
 * `two-node-cluster`: it needs a third node, and the kept cluster has two. `two-node-lane`: it needs a third node,
 * and a cluster in the kernel lane has two. `no-mutant`: selfcheck cannot tell this mode from the scenario itself.
 */
export const SKIP_CODES = ["cell", "two-node-cluster", "two-node-lane", "no-mutant"] as const;
export type SkipCode = (typeof SKIP_CODES)[number];

/** A decision not to run a scenario. */
export interface Skip {
  readonly code: SkipCode;
  /** For people: one line that completes "skipped: …". */
  readonly reason: string;
}
