import type { Cell } from "../../lib/cell.ts";
import type { CheckContext } from "../setup/check.ts";
import { LANE_KERNELS } from "./kernels.ts";

type Machine = Pick<CheckContext, "exec" | "readText" | "platform">;

/** What a cell asks of its nodes' kernel beyond what every cell does; null for nothing. Pure. */
export function kernelNeed(cell: Cell): "ip_vs" | null {
  return cell.proxyMode === "ipvs" || cell.proxyMode === "ipvs-sh" ? "ip_vs" : null;
}

/** What this machine's kernel lacks for a cell; null for nothing. Changes nothing: a module that could be loaded is there. */
export async function kernelLacks(cell: Cell, machine: Machine): Promise<string | null> {
  const need = kernelNeed(cell);
  return need === null || machine.platform !== "linux" ? null : await moduleLacking(need, machine);
}

/** The module, where this kernel neither has it nor could load it; otherwise null. */
export async function moduleLacking(module: "ip_vs", { exec, readText }: Machine): Promise<string | null> {
  if ((await readText(`/proc/net/${module}`)) !== undefined) return null;
  const known = await exec(["modprobe", "--dry-run", "--quiet", module]).catch(() => null);
  return known?.exitCode === 0 ? null : module;
}

/** The same cell, on the first kernel of the lane. */
export function onLane(cell: Cell): Cell {
  return { ...cell, kernel: LANE_KERNELS[0].name };
}

/** The cell as it is seen in its VM, where the kernel asked for is the host's own. */
export function insideVm(cell: Cell): Cell {
  const { kernel: _, ...rest } = cell;
  return rest;
}
