import type { NodeFault } from "../registry.ts";
import { lastLines } from "../../host/exec.ts";
import type { Json } from "../contract/kind.ts";
import { undoAndVerify, undoSaid, type UndoSaid } from "./dead-man.ts";
import { runOnNode } from "./run-on-node.ts";
import type { Target } from "./target.ts";

/** A fault with everything that its undo needs, from memory or from a journal. */
export interface AppliedFault {
  readonly id: string;
  readonly nodeFault: NodeFault;
  readonly prior: Json;
  /** It was read back as in force, so a fault that is gone is a finding. */
  readonly seenInForce: boolean;
}

export type UndoState = "undo-intent" | "undone" | "undo-verified" | "gone" | "failed";

export interface UndoResult {
  /** Nothing of the fault is left. */
  readonly ok: boolean;
  readonly outcome: "undone" | "nothing-to-undo" | "changed-by-other" | "gone" | "failed";
  readonly detail: string;
  /** Someone else changed or removed meanwhile what the fault had written. */
  readonly finding?: string;
  /** The node did not answer, or is another incarnation. */
  readonly noAnswer?: true;
  readonly durationMs: number;
}

/**
 * Receives each state before the next step. An error that it throws (a journal on a full disk) does not stop the undo.
 */
export type Note = (id: string, state: UndoState, detail: string) => void;

/**
 * Undoes faults of one node and verifies that, in the order given, in one exec; continues after a failure. Never
 * throws. Returns the results by fault id. A second undo does no harm.
 */
export async function undoFaults(
  target: Target,
  faults: readonly AppliedFault[],
  note: Note,
): Promise<ReadonlyMap<string, UndoResult>> {
  const startedAtMs = performance.now();
  const troubles = new Map<string, string>();
  const say: Note = (id, state, detail) => {
    try {
      note(id, state, detail);
    } catch (error) {
      troubles.set(id, (error as Error).message);
    }
  };
  for (const { id } of faults) say(id, "undo-intent", "");
  const command = undoAndVerify(faults.map(({ id, nodeFault: { fault }, prior }) => ({ id, fault, prior })));
  const said = await runOnNode(target, command, UNDO_TIMEOUT_MS).then(undoSaid, (error: unknown) => error as Error);
  const durationMs = Math.round(performance.now() - startedAtMs);
  return new Map(
    faults.map((applied) => {
      const done = outcomeOf(applied, said, say);
      const trouble = troubles.get(applied.id);
      const detail = trouble === undefined ? done.detail : `${done.detail}; ${trouble}`;
      return [applied.id, { ...done, detail, durationMs }];
    }),
  );
}

/** Allows for one step that hangs, for each of several faults. */
const UNDO_TIMEOUT_MS = 120_000;

function outcomeOf(
  applied: AppliedFault,
  said: ReadonlyMap<string, UndoSaid> | Error,
  say: Note,
): Omit<UndoResult, "durationMs"> {
  const { id, nodeFault } = applied;
  const failed = (detail: string) => {
    say(id, "failed", detail);
    return { ok: false, outcome: "failed", detail } as const;
  };
  if (said instanceof Error) return { ...failed(said.message), noAnswer: true };
  const mine = nodeFault.fault.kind === "none" ? NOTHING : said.get(id);
  if (mine === undefined) return failed("the node's answer does not mention the fault");
  if (mine.exitCode !== 0) return failed(`exit ${mine.exitCode}: ${lastLines(mine.text, 3).replaceAll("\n", "; ")}`);
  const [undone, verified] = [wordsIn(mine.undo), wordsIn(mine.verify)];
  say(id, "undone", mine.deadMan === null ? mine.undo : `${mine.undo}; dead-man: ${mine.deadMan}`);
  if (verified.word !== "clean" && verified.word !== "changed-by-other") return failed(mine.verify);
  say(id, "undo-verified", mine.verify);
  return { ok: true, ...judged(applied, undone, verified, mine.deadMan) };
}

const NOTHING: UndoSaid = { exitCode: 0, undo: "nothing-to-undo", verify: "clean", deadMan: null, text: "" };

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
  if (deadMan !== null) {
    const finding = `its dead-man had undone it when its lease was over: ${deadMan}`;
    return { outcome: "undone", detail: finding, finding };
  }
  if (undone.word === "undone") return { outcome: "undone", detail: "undone and verified" };
  const detail = "nothing to undo";
  if (!applied.seenInForce || applied.nodeFault.fault.kind === "none") return { outcome: "nothing-to-undo", detail };
  return { outcome: "nothing-to-undo", detail, finding: "someone else had undone it before" };
}

function wordsIn(line: string): Said {
  const [word = "", ...rest] = line.split(" ");
  return { word, rest: rest.join(" ") };
}
