import { randomInt } from "node:crypto";
import { release } from "node:os";
import { FaultlineError, NotUndoneError } from "../../host/errors.ts";
import { armAndApply, captureUnclaimed, LEASE, type Lease } from "./dead-man.ts";
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

/** A fault in force. Only this, or the journal, can undo it. */
export interface InjectedFault {
  readonly id: string;
  readonly nodeFault: NodeFault;
  /** Asks the node whether the fault is in force just now. Throws NodeCommandError when it cannot be asked. */
  readBack(): Promise<ReadBack>;
  /** Undoes and verifies. Never throws. Calls at the same time are one; after a success there is nothing left to do, after a failure it tries again. */
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
  readonly lease?: Lease;
  /** Default: no further than its node. */
  readonly reach?: Reach;
  /** An agent is claimed to undo it, perhaps before it can be read back: then that is no failure to take. */
  readonly mayBeUndone?: boolean;
}

/**
 * Puts a fault in force: validate, guard, capture, journal, arm the dead-man and apply, read back. The intent is on the disk before anything is written to
 * the node. Until it is healed its lease is renewed; a harness that is gone, or stuck, loses its fault.
 * Throws UsageError or GuardError with nothing written; JournalError with nothing applied; FaultNotInForce when it did not take and was undone
 * again; NotUndoneError when even that failed.
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
    await runOnNode(target, armAndApply({ id, fault, prior }, lease));
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
 * Undoes and verifies faults as `heal` of each would, but those of one node in one exec, newest first, and nodes side by side. `injected` is in the order of
 * injection. Never throws; results are by id.
 */
export async function healInjected(injected: readonly InjectedFault[]): Promise<ReadonlyMap<string, HealResult>> {
  return await undoTogether(injected.map(({ undoing }) => undoing));
}

async function undoTogether(all: readonly Undoing[]): Promise<ReadonlyMap<string, HealResult>> {
  // Whether or not the undo succeeds, nothing more is done for the fault to stay.
  for (const one of all) one.stopRenewing();
  const byNode = Map.groupBy(all.toReversed(), ({ target }) => nodeKey(target.identity));
  const results = await Promise.all(
    [...byNode.values()].map(async (faults) => {
      // A container that was restarted between two faults has the same id: each fault is undone in what it was put into.
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

/** Unique enough for a journal and short enough for an nft table's name; its first part sorts by time. */
function newFaultId(): string {
  return `${Date.now().toString(36)}${randomInt(36 ** 4)
    .toString(36)
    .padStart(4, "0")}`;
}

/** What is there now, as the kind keeps it; only what a journal can give back later is taken. */
async function capture(target: Target, nodeFault: NodeFault): Promise<Json> {
  const { fault } = nodeFault;
  const kind = kindOf(fault);
  try {
    return kind.priorSchema.parse(kind.captured(fault, await runOnNode(target, captureUnclaimed(fault))));
  } catch (error) {
    if (error instanceof FaultlineError) throw error;
    const message = `${describeFault(nodeFault)}: what is there now cannot be read: ${(error as Error).message}`;
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

/** The same promise while it runs and once it has succeeded; a new attempt after a failure. */
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
