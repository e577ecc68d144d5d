import type { NodeFault } from "./fault.ts";
import { undoAndVerify, undoSaid } from "./dead-man.ts";
import { runOnNode } from "./run-on-node.ts";
import type { Target } from "./target.ts";

/** A fault with what undoing it needs: from memory or from a journal, it is the same. */
export interface AppliedFault {
  readonly id: string;
  readonly nodeFault: NodeFault;
  readonly prior: unknown;
  /** It was read back as in force, so that finding it gone is news. */
  readonly seenInForce: boolean;
}

export type UndoState = "undo-intent" | "undone" | "undo-verified" | "failed";

export interface UndoResult {
  /** Nothing of ours is left. */
  readonly ok: boolean;
  readonly outcome: "undone" | "nothing-to-undo" | "changed-by-other" | "failed";
  readonly detail: string;
  /** Somebody else changed or removed meanwhile what we had put there. */
  readonly finding?: string;
  readonly durationMs: number;
}

/**
 * Undoes a fault and verifies it, telling `note` each state before it goes on. Never throws: what went wrong is in the result. A `note` that
 * fails (journal on a full disk) does not keep the fault from being undone; undoing again later does no harm.
 */
export async function undoFault(
  target: Target,
  applied: AppliedFault,
  note: (state: UndoState, detail: string) => void,
): Promise<UndoResult> {
  const startedAtMs = performance.now();
  const troubles: string[] = [];
  const say = (state: UndoState, detail: string): void => {
    try {
      note(state, detail);
    } catch (error) {
      troubles.push((error as Error).message);
    }
  };
  const done = await undoOnce(target, applied, say).catch((error: unknown) => {
    const { message } = error as Error;
    say("failed", message);
    return { ok: false, outcome: "failed", detail: message } as const;
  });
  const detail = [done.detail, ...new Set(troubles)].join("; ");
  return { ...done, detail, durationMs: Math.round(performance.now() - startedAtMs) };
}

async function undoOnce(
  target: Target,
  applied: AppliedFault,
  say: (state: UndoState, detail: string) => void,
): Promise<Omit<UndoResult, "durationMs">> {
  const { id, nodeFault, prior } = applied;
  say("undo-intent", "");
  const { undo, verify, deadMan } = undoSaid(
    await runOnNode(target, undoAndVerify({ id, fault: nodeFault.fault, prior })),
  );
  const [undone, verified] = [said(undo), said(verify)];
  say("undone", deadMan === null ? undo : `${undo}; dead-man: ${deadMan}`);
  if (verified.word !== "clean" && verified.word !== "changed-by-other") {
    say("failed", verify);
    return { ok: false, outcome: "failed", detail: verify };
  }
  say("undo-verified", verify);
  return { ok: true, ...judged(applied, undone, verified, deadMan) };
}

interface Said {
  readonly word: string;
  readonly rest: string;
}

function judged(
  applied: AppliedFault,
  undone: Said,
  verified: Said,
  deadMan: string | null,
): Omit<UndoResult, "durationMs" | "ok"> {
  for (const { word, rest } of [undone, verified]) {
    if (word !== "changed-by-other") continue;
    const finding = `changed by someone else meanwhile, left as it is: ${rest}`;
    return { outcome: "changed-by-other", detail: finding, finding };
  }
  if (undone.word === "undone") return { outcome: "undone", detail: "undone and verified" };
  if (deadMan !== null) {
    const finding = `its dead-man undid it, since nobody had renewed it: ${deadMan}`;
    return { outcome: "undone", detail: finding, finding };
  }
  const detail = "nothing to undo";
  if (!applied.seenInForce || applied.nodeFault.fault.kind === "none") return { outcome: "nothing-to-undo", detail };
  return { outcome: "nothing-to-undo", detail, finding: "someone else had undone it before we did" };
}

function said(line: string): Said {
  const [word = "", ...rest] = line.split(" ");
  return { word, rest: rest.join(" ") };
}
