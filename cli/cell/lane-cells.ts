import { cellId, type Cell } from "../../lib/model/cell.ts";
import { PreflightError, UsageError } from "../../lib/host/errors.ts";
import { cniOf } from "../../clusters/cells/cells.ts";
import { laneKernel } from "../../clusters/cells/kernels.ts";
import { cniLacks, kernelLacks, onLane } from "../../clusters/lane/needs.ts";
import { refusal } from "../../clusters/cells/refusal.ts";
import { laneMemory } from "../../clusters/lane/checks.ts";
import type { Check, CheckContext } from "../../clusters/setup/check.ts";

/**
 * Returns the cells on the kernel that `--kernel` names (`host`: as they are). Throws UsageError for a kernel that is
 * not known, or that a cell cannot have.
 */
export function onKernel(cells: readonly Cell[], kernel: string | undefined): readonly Cell[] {
  if (kernel === undefined || kernel === "host") return cells;
  const { name } = laneKernel(kernel);
  return cells.map((cell) => {
    const moved = { ...cell, kernel: name };
    const reason = refusal(moved, cniOf(moved));
    if (reason === null) return moved;
    throw new UsageError(`cell ${cellId(moved)} is unavailable: ${reason}`, "run it without --kernel");
  });
}

const COSTS = "4 GiB of memory, one processor, a minute a suite; the first time 10 more to build its kernel";

/**
 * Returns the cells, those whose kernel module this machine lacks moved to the lane; each is told with what it costs.
 * Throws PreflightError for a cell that neither can carry.
 */
export async function movedWhereNeeded(
  cells: readonly Cell[],
  machine: CheckContext,
  say: (line: string) => void,
): Promise<readonly Cell[]> {
  const moved = cells.map(async (cell) => {
    if (cell.kernel !== undefined) return cell;
    const cniNeeds = await cniLacks(cell, machine);
    if (cniNeeds !== null)
      throw new PreflightError(
        `cell ${cellId(cell)} is unavailable here: it needs ${cniNeeds}`,
        "choose another: ./faultline list cells",
      );
    const lacks = await kernelLacks(cell, machine);
    if (lacks === null) return cell;
    const there = onLane(cell);
    say(
      `cell ${cellId(cell)} needs ${lacks}, which this machine lacks: ` +
        `it runs on ${there.kernel} in a virtual machine (${COSTS}; docs/kernel-lane.md)`,
    );
    return there;
  });
  return await Promise.all(moved);
}

/** What set-up has to look at as well for these cells. */
export function checksFor(cells: readonly Cell[]): readonly Check[] {
  return cells.some(({ kernel }) => kernel !== undefined) ? [laneMemory] : [];
}
