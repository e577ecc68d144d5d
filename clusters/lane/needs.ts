import type { Cell } from "../../lib/model/cell.ts";
import { cniOf } from "../cells/cells.ts";
import type { MachineProbe } from "../cni/contract/cni.ts";
import { LANE_KERNELS } from "../cells/kernels.ts";

/** What a cell asks of its nodes' kernel beyond what every cell does; null for nothing. Pure. */
export function kernelNeed(cell: Cell): "ip_vs" | null {
  return cell.proxyMode === "ipvs" || cell.proxyMode === "ipvs-sh" ? "ip_vs" : null;
}

/**
 * Returns what this machine's kernel lacks for a cell, and the lane's has; null for nothing. Changes nothing: a module
 * that could be loaded is there.
 */
export async function kernelLacks(cell: Cell, machine: MachineProbe): Promise<string | null> {
  const need = kernelNeed(cell);
  return need === null || machine.platform !== "linux" ? null : await moduleLacking(need, machine);
}

/** Returns what this machine lacks for the cell's CNI, which the lane lacks, too; null for nothing. Changes nothing. */
export async function cniLacks(cell: Cell, machine: MachineProbe): Promise<string | null> {
  return (await cniOf(cell).lacks?.(cell, machine)) ?? null;
}

/** The module, where this kernel neither has it nor could load it; otherwise null. */
export async function moduleLacking(module: "ip_vs", { exec, readText }: MachineProbe): Promise<string | null> {
  if ((await readText(`/proc/net/${module}`)) !== undefined) return null;
  const known = await exec(["modprobe", "--dry-run", "--quiet", module]).catch(() => null);
  return known?.exitCode === 0 ? null : module;
}

/** The same cell, on the lane's first kernel. */
export function onLane(cell: Cell): Cell {
  return { ...cell, kernel: LANE_KERNELS[0].name };
}

/** The cell as it is seen in its VM, where the kernel asked for is the host's own. */
export function insideVm(cell: Cell): Cell {
  return { ...cell, kernel: undefined };
}
