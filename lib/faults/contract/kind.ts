import type { z } from "zod";
import type { NodeRole } from "../../model/nodes.ts";

/** Every fault is plain data that names its kind. */
export interface AnyFault {
  readonly kind: string;
}

/** A fault and its node: `A`, `B`, `C`, or the control plane. */
export interface NodeFaultOf<F extends AnyFault> {
  readonly node: NodeRole;
  readonly fault: F;
}

/** Data that fits in a journal line. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * One command on a node, as data: `plan` prints what runs. `script` is a constant of this repository for `sh -c` and
 * begins with GUARD. Whatever varies is in `args` ($1, $2, …), so it is never read as code.
 */
export interface NodeCommand {
  readonly script: string;
  readonly args: readonly string[];
}

/** A node's answer about a fault. `count`: packets that the fault has hit so far, where the kind counts them. */
export interface ReadBack {
  readonly inForce: boolean;
  readonly detail: string;
  readonly count?: number;
}

/**
 * Where a fault's change lives, and so what ends it: `namespace` ends with the container's start, `node` and `cluster`
 * with the container, `host` with the machine's boot.
 */
export type Scope = "namespace" | "node" | "cluster" | "host";

/** How far a fault may reach. */
export interface Reach {
  /** Beyond its node: only on a machine that is marked as disposable (clusters/setup/disposable.ts). */
  readonly allowHostWide: boolean;
}

export const NODE_ONLY: Reach = { allowHostWide: false };

/**
 * A fault's steps for people: the field's own commands, a line each. Write-only: what runs is in the kind's scripts,
 * and nothing reads these lines.
 */
export interface Steps {
  readonly apply: readonly string[];
  readonly readBack: readonly string[];
  readonly undo: readonly string[];
  readonly verify: readonly string[];
}

/**
 * One kind of fault: its data, and how it is applied and undone. Pure: each member returns a command, or reads what a
 * command printed; lib/faults/run runs the commands. `P` is the prior state: what undo needs to put back. A null
 * command means that there is nothing to do. CONTRIBUTING.md, "A fault", walks through one kind.
 *
 * The command of `undo` prints one line: `undone`, `nothing-to-undo` or `changed-by-other DETAIL`. That of
 * `verifyUndone` prints `clean`, `changed-by-other DETAIL` or `still-in-force DETAIL`. Both may run any number of
 * times, also for a fault that was never applied.
 */
export interface FaultKind<F extends AnyFault = AnyFault, P extends Json = Json> {
  readonly kind: F["kind"];
  /**
   * A closed shape with a pattern for every value. The fault's type is derived from it, and journals are read by it.
   */
  readonly schema: z.ZodType<F>;
  readonly priorSchema: z.ZodType<P>;
  /** Returns the fault in one line, without its node: `sysctl net.ipv4.ip_forward=0`. */
  describe(fault: F): string;
  /**
   * Returns the steps for people, at most 160 characters a line. `prior` is null where it was not read yet; `id` is as
   * for apply.
   */
  steps(fault: F, prior: P | null, id: string): Steps;
  scope(fault: F): Scope;
  /** Throws UsageError or GuardError for what a schema cannot express, and for a fault beyond its reach. */
  validate(fault: F, reach: Reach): void;
  /**
   * Names what the fault writes to, the same on every machine. Two faults with a common claim are never in force on one
   * node at once: if the first were undone before the second, the second's undo would put back the first's change.
   */
  claims(fault: F): readonly string[];
  /** Reads the prior state. */
  capture(fault: F): NodeCommand | null;
  /**
   * Returns the prior state. Throws FaultNotInForce when the fault would change nothing, or nothing that can be undone.
   */
  captured(fault: F, stdout: string): P;
  /** Stands for the prior state where no node exists yet (`plan`). */
  priorInPlan(fault: F): P;
  /** `id` marks what the fault creates. */
  apply(fault: F, prior: P, id: string): NodeCommand | null;
  readBack(fault: F, prior: P, id: string): NodeCommand | null;
  readBackSaid(fault: F, stdout: string): ReadBack;
  undo(fault: F, prior: P, id: string): NodeCommand | null;
  verifyUndone(fault: F, prior: P, id: string): NodeCommand | null;
}

/** For `validate` of kinds whose schema expresses everything. */
export function nothingMore(): void {}
