import type { Cell } from "../../lib/model/cell.ts";
import { cniOf } from "../cells/cells.ts";
import type { MachineProbe } from "../cni/contract/cni.ts";
import { firstKernel } from "../cells/kernels.ts";

/** What a cell asks of its nodes' kernel beyond what every cell does; null for nothing. Pure. */
export function kernelNeed(cell: Cell): "ip_vs" | null {
  return cell.proxyMode === "ipvs" || cell.proxyMode === "ipvs-sh" ? "ip_vs" : null;
}

/** What this machine lacks for a cell, and a VM of the lane has; null for nothing. Changes nothing: a module that could be loaded is there. */
export async function kernelLacks(cell: Cell, machine: MachineProbe): Promise<string | null> {
  const need = kernelNeed(cell);
  const module = need === null || machine.platform !== "linux" ? null : await moduleLacking(need, machine);
  return module ?? (await cniOf(cell).lacks?.(cell, machine)) ?? null;
}

/** The module, where this kernel neither has it nor could load it; otherwise null. */
export async function moduleLacking(module: "ip_vs", { exec, readText }: MachineProbe): Promise<string | null> {
  if ((await readText(`/proc/net/${module}`)) !== undefined) return null;
  const known = await exec(["modprobe", "--dry-run", "--quiet", module]).catch(() => null);
  return known?.exitCode === 0 ? null : module;
}

/** The same cell, on the first kernel of the lane that does for it: a CNI that asks for something of a machine is one of BPF programs. */
export function onLane(cell: Cell): Cell {
  return { ...cell, kernel: firstKernel({ compilesBpf: cniOf(cell).lacks !== undefined }).name };
}

/** The cell as it is seen in its VM, where the kernel asked for is the host's own. */
export function insideVm(cell: Cell): Cell {
  return { ...cell, kernel: undefined };
}
