import { randomInt } from "node:crypto";
import { release } from "node:os";
import { FaultlineError, NotUndoneError } from "../../host/errors.ts";
import { armAndApply, captureUnclaimed, LEASE, leaseAt, type Lease } from "./dead-man.ts";
import type { Journal } from "./journal.ts";
import { describeFault, kindOf, type NodeFault, validateFault } from "../registry.ts";
import { NODE_ONLY, type Json, type ReadBack, type Reach } from "../contract/kind.ts";
import { FaultNotInForce, GuardError } from "../contract/refused.ts";
import { nodeKey } from "./identity.ts";
import { keepRenewing } from "./renewal.ts";
import { runOnNode } from "./run-on-node.ts";
import { assertWritable, type Target } from "./target.ts";
import type { AppliedFault, Note, UndoResult } from "./undo.ts";
import { undoOrGone } from "./undo-or-gone.ts";

export type HealResult = UndoResult;

/** A fault in force. Only this object or the journal can undo it. */
export interface InjectedFault {
  readonly id: string;
  readonly nodeFault: NodeFault;
  /** Asks the node whether the fault is in force now. Throws NodeCommandError when the node does not answer. */
  readBack(): Promise<ReadBack>;
  /** Undoes and verifies. Never throws. Concurrent calls share one undo; a call after a failure tries again. */
  heal(): Promise<HealResult>;
  /** For healInjected. */
  readonly undoing: Undoing;
}

interface Undoing {
  readonly target: Target;
  readonly applied: AppliedFault;
  readonly note: Note;
  stopRenewing(): void;
}

export interface Injection {
  readonly target: Target;
  readonly nodeFault: NodeFault;
  readonly journal: Journal;
  /** Default: a new one. */
  readonly faultId?: string;
  /** On a machine of usual speed. */
  readonly lease?: Lease;
  /** Default: its node only. */
  readonly reach?: Reach;
  /** An agent may undo the fault before it is read back: a fault that is gone by then counts as applied. */
  readonly mayBeUndone?: boolean;
}

/**
 * Injects a fault: validate, guard, capture, journal, arm the dead-man and apply, read back. The intent is on disk
 * before anything is written to the node. The lease is renewed until the fault is healed; a harness that is dead or
 * stuck loses its fault. Throws UsageError or GuardError when nothing was written, the journal's error when nothing was
 * applied, FaultNotInForce when the fault had no effect and was undone, and NotUndoneError when that undo failed.
 */
export async function injectFault({
  target,
  nodeFault,
  journal,
  faultId,
  lease = LEASE,
  reach = NODE_ONLY,
  mayBeUndone = false,
}: Injection): Promise<InjectedFault> {
  validateFault(nodeFault, reach);
  if (nodeFault.node !== target.node) {
    throw new GuardError(`fault for node ${nodeFault.node} was given node ${target.node}`);
  }
  assertWritable(target, release());
  const id = faultId ?? newFaultId();
  const { fault } = nodeFault;
  const kind = kindOf(fault);
  const prior = await capture(target, nodeFault);
  journal.append({ faultId: id, state: "intent", nodeFault, prior, target: target.identity });
  const readBack = async (): Promise<ReadBack> =>
    kind.readBackSaid(fault, await runOnNode(target, kind.readBack(fault, prior, id)));
  const note: Note = (faultId, state, detail) => journal.append({ faultId, state, detail });
  let seenInForce = false;
  try {
    await runOnNode(target, armAndApply({ id, fault, prior }, leaseAt(lease, target.host.timeScale)));
    journal.append({ faultId: id, state: "applied", detail: "" });
    const { inForce, detail } = await readBack();
    if (!inForce && !mayBeUndone)
      throw new FaultNotInForce(`${describeFault(nodeFault)} did not take: ${detail}`, "look at the node");
    if (inForce) journal.append({ faultId: id, state: "verified", detail });
    seenInForce = inForce;
  } catch (error) {
    const undone = await undoOrGone(target, [{ id, nodeFault, prior, seenInForce }], note);
    throw afterUndo(nodeFault, error as Error, undone.get(id));
  }
  const stopRenewing = fault.kind === "none" ? () => {} : keepRenewing(target, id, lease);
  const undoing = { target, applied: { id, nodeFault, prior, seenInForce }, note, stopRenewing };
  const heal = once(async () => resultFor(id, await undoTogether([undoing])));
  return { id, nodeFault, readBack, heal, undoing };
}

/**
 * Undoes and verifies faults as `heal` of each would, but all faults of a node in one exec, newest first, and nodes
 * side by side. `injected` is in the order of injection. Never throws. Returns the results by fault id.
 */
export async function healInjected(injected: readonly InjectedFault[]): Promise<ReadonlyMap<string, HealResult>> {
  return await undoTogether(injected.map(({ undoing }) => undoing));
}

async function undoTogether(all: readonly Undoing[]): Promise<ReadonlyMap<string, HealResult>> {
  // The lease ends in any case, whether or not the undo succeeds.
  for (const one of all) one.stopRenewing();
  const byNode = Map.groupBy(all.toReversed(), ({ target }) => nodeKey(target.identity));
  const results = await Promise.all(
    [...byNode.values()].map(async (faults) => {
      // A container that was restarted between two faults keeps its id: each fault is undone in its own incarnation.
      const incarnations = [...Map.groupBy(faults, ({ target }) => JSON.stringify(target.identity)).values()];
      const each: (readonly [string, HealResult])[] = [];
      for (const ofOne of incarnations) each.push(...(await undoOfOne(ofOne)));
      return each;
    }),
  );
  return new Map(results.flat());
}

async function undoOfOne(faults: readonly Undoing[]): Promise<ReadonlyMap<string, HealResult>> {
  const [first] = faults;
  if (!first) return new Map();
  const note: Note = (id, state, detail) => faults.find(({ applied }) => applied.id === id)?.note(id, state, detail);
  return await undoOrGone(
    first.target,
    faults.map(({ applied }) => applied),
    note,
  );
}

function resultFor(id: string, results: ReadonlyMap<string, HealResult>): HealResult {
  return results.get(id) ?? { ok: false, outcome: "failed", detail: "no result", durationMs: 0 };
}

/** Returns an id: unique within a journal and short enough for an nft table's name; its first part sorts by time. */
function newFaultId(): string {
  return `${Date.now().toString(36)}${randomInt(36 ** 4)
    .toString(36)
    .padStart(4, "0")}`;
}

/** Returns the prior state, parsed by the schema that will read it from the journal. */
async function capture(target: Target, nodeFault: NodeFault): Promise<Json> {
  const { fault } = nodeFault;
  const kind = kindOf(fault);
  try {
    return kind.priorSchema.parse(kind.captured(fault, await runOnNode(target, captureUnclaimed(fault))));
  } catch (error) {
    if (error instanceof FaultlineError) throw error;
    const message = `${describeFault(nodeFault)}: the prior state cannot be read: ${(error as Error).message}`;
    throw new FaultNotInForce(message, "look at the node; nothing was changed", { cause: error });
  }
}

function afterUndo(nodeFault: NodeFault, cause: Error, undone: HealResult | undefined): Error {
  const what = describeFault(nodeFault);
  if (undone?.ok !== true) {
    return new NotUndoneError(
      `${what} failed (${cause.message}) and could not be undone: ${undone?.detail ?? "no answer"}`,
      undefined,
      { cause },
    );
  }
  if (cause instanceof FaultlineError) return cause;
  return new FaultNotInForce(`${what} could not be applied, and was undone: ${cause.message}`, "look at the node", {
    cause,
  });
}

/** Returns the running or successful attempt; starts another after a failure. */
function once(heal: () => Promise<HealResult>): () => Promise<HealResult> {
  let current: Promise<HealResult> | null = null;
  return () => {
    current ??= heal().then((result) => {
      if (!result.ok) current = null;
      return result;
    });
    return current;
  };
}
