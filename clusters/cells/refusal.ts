import type { Cell } from "../../lib/model/cell.ts";
import type { Cni } from "../cni/contract/cni.ts";
import { knownKernels, LANE_KERNELS } from "./kernels.ts";

/**
 * Returns the reason that a cell of known parts is unavailable, or null. Pure: later checks find what this machine
 * lacks.
 */
export function refusal(cell: Cell, cni: Cni): string | null {
  const { proxyMode, ipFamily, kernel } = cell;
  if (kernel !== undefined && !LANE_KERNELS.some(({ name }) => name === kernel)) {
    return `kernel ${kernel} is not known (known: ${knownKernels()})`;
  }
  if (proxyMode === "none" && !cni.proxyModes.includes("none")) {
    return `${cni.name} does not replace kube-proxy, so no Service works without it`;
  }
  if (!cni.proxyModes.includes(proxyMode)) return `${cni.name} does not support kube-proxy mode ${proxyMode}`;
  if (!cni.ipFamilies.includes(ipFamily)) return `${cni.name} is not set up for IP family ${ipFamily}`;
  return cni.refuses?.(cell) ?? null;
}
