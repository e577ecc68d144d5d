import { cellId, type Cell } from "../../lib/model/cell.ts";
import { laneKernel } from "../../clusters/cells/kernels.ts";
import { kernelLacks, onLane } from "../../clusters/lane/needs.ts";
import { laneMemory, qemu } from "../../clusters/setup/qemu.ts";
import type { Check, CheckContext } from "../../clusters/setup/check.ts";

/** The cells on the kernel that `--kernel` names (`host`: as they are). Throws UsageError for one that is not known. */
export function onKernel(cells: readonly Cell[], kernel: string | undefined): readonly Cell[] {
  if (kernel === undefined || kernel === "host") return cells;
  const { name } = laneKernel(kernel);
  return cells.map((cell) => ({ ...cell, kernel: name }));
}

const COSTS = {
  "user-mode": "4 GiB of memory, one processor, a minute a suite; the first time 10 more to build its kernel",
  qemu: "4 GiB of memory; the first time some minutes to build and save it. Not finished: no cluster has got ready in one without KVM",
} as const;

/** The cells, those that this machine cannot carry moved to a VM's; each is told with what it costs. */
export async function movedWhereNeeded(
  cells: readonly Cell[],
  machine: CheckContext,
  say: (line: string) => void,
): Promise<readonly Cell[]> {
  const moved = cells.map(async (cell) => {
    const lacks = cell.kernel === undefined ? await kernelLacks(cell, machine) : null;
    if (lacks === null) return cell;
    const there = onLane(cell);
    say(
      `cell ${cellId(cell)} needs ${lacks}, which this machine lacks: it runs on ${there.kernel} in a virtual machine (${COSTS[laneKernel(there.kernel ?? "").runsIn]}; docs/kernel-lane.md)`,
    );
    return there;
  });
  return await Promise.all(moved);
}

/** What set-up has to look at as well for these cells. */
export function checksFor(cells: readonly Cell[]): readonly Check[] {
  const kernels = cells.flatMap(({ kernel }) => (kernel === undefined ? [] : [laneKernel(kernel)]));
  if (kernels.length === 0) return [];
  return kernels.some(({ runsIn }) => runsIn === "qemu") ? [qemu, laneMemory] : [laneMemory];
}
