import type { z } from "zod";
import type { Fault } from "./fault.ts";

/**
 * One command on a node, as data: what `plan` prints is what runs. `script` is a constant of this repository for `sh -c` and begins with GUARD; whatever varies is in
 * `args` ($1, $2, …), so it is never read as code.
 */
export interface NodeCommand {
  readonly script: string;
  readonly args: readonly string[];
}

/** What the node says about a fault. `count`: packets that hit it so far, where the kind counts them. */
export interface ReadBack {
  readonly inForce: boolean;
  readonly detail: string;
  readonly count?: number;
}

/** Where a kind's change lives, and so what a restart of its node's container does to it. */
export type Scope = "namespace" | "node" | "cluster";

/** How far a fault may reach. */
export interface Reach {
  /** Beyond its node: only on a machine that is marked as disposable (clusters/setup/disposable.ts). */
  readonly allowHostWide: boolean;
}

export const NODE_ONLY: Reach = { allowHostWide: false };

/**
 * How one kind of fault is applied and undone. Pure: each member makes commands or reads what a command printed; inject.ts and undo.ts run
 * them. `P` is what was there before, as plain data that fits in a journal line. A null command means there is nothing to do.
 *
 * `undo` and `verifyUndone` print one line: `undone`, `nothing-to-undo` or `changed-by-other WHAT`; the latter `clean`, `changed-by-other WHAT`
 * or `still-in-force WHAT`. Both may be run any number of times, also when the fault was never applied.
 */
export interface FaultKind<F extends Fault = Fault, P = unknown> {
  readonly kind: F["kind"];
  readonly scope: Scope;
  /** Closed shapes and patterns of every value; also reads journals. */
  readonly schema: z.ZodType<F>;
  readonly priorSchema: z.ZodType<P>;
  /** Throws UsageError or GuardError for what a schema cannot say, and for what reaches further than it may. */
  validate(fault: F, reach: Reach): void;
  /**
   * What the fault writes to, one name each, the same on every machine. Two faults with a name in common are never in force on a node at once: undone in any other
   * order than last in, first out, the second would put back what the first had broken.
   */
  claims(fault: F): readonly string[];
  capture(fault: F): NodeCommand | null;
  /** Throws FaultRefused when what is there already cannot be told from the fault, or is not there at all. */
  captured(fault: F, stdout: string): P;
  /** Stands for the prior value where there is no node yet (`plan`). */
  priorInPlan(fault: F): P;
  apply(fault: F, prior: P, id: string): NodeCommand | null;
  readBack(fault: F, prior: P, id: string): NodeCommand | null;
  readBackSaid(fault: F, stdout: string): ReadBack;
  undo(fault: F, prior: P, id: string): NodeCommand | null;
  verifyUndone(fault: F, prior: P, id: string): NodeCommand | null;
}

/** For `validate` of kinds whose schema says it all. */
export function nothingMore(): void {}
