import { findAgain, type FindAgain, type FoundAgain } from "./find-again.ts";
import { diedWithItsNode, thisBoot } from "./outlives.ts";
import type { Target } from "./target.ts";
import { undoFaults, type AppliedFault, type Note, type UndoResult } from "./undo.ts";

/**
 * Undoes faults of one incarnation of a node (container start, network namespace, boot) as undoFaults does. When that
 * incarnation does not answer, the node is looked for: faults that ended with it are closed as gone, and faults that
 * outlive a restart are undone on its successor. Never throws.
 */
export async function undoOrGone(
  target: Target,
  faults: readonly AppliedFault[],
  note: Note,
  find: FindAgain = findAgain,
): Promise<ReadonlyMap<string, UndoResult>> {
  const results = await undoFaults(target, faults, note);
  if (![...results.values()].some(({ noAnswer }) => noAnswer)) return results;
  const found = await find(target.node, target.identity, target.host).catch(() => null);
  if (found === null || found.status === "same") return results;
  const died = faults.filter(({ nodeFault }) =>
    diedWithItsNode({ nodeFault, target: target.identity }, found, thisBoot()),
  );
  const gone = new Map(died.map(({ id }) => [id, closed(id, found, note, results)]));
  const left = faults.filter(({ id }) => !gone.has(id));
  const undone = "target" in found && left.length > 0 ? await undoFaults(found.target, left, note) : new Map();
  return new Map([...results, ...gone, ...undone]);
}

function closed(
  id: string,
  found: Exclude<FoundAgain, { status: "same" }>,
  note: Note,
  results: ReadonlyMap<string, UndoResult>,
): UndoResult {
  const durationMs = results.get(id)?.durationMs ?? 0;
  const finding = `the fault ended with its node: ${found.why}`;
  try {
    note(id, "gone", found.why);
  } catch {
    // Nothing is left to undo; a later heal comes to the same result.
  }
  return { ok: true, outcome: "gone", detail: finding, finding, durationMs };
}
