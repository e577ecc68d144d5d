import { DEFAULT_CELL, nodePartsOf, parseCell } from "../../clusters/cells/cells.ts";
import { ensureNodeImage, type StepProgress } from "../../clusters/image/node-image.ts";
import { ensureLaneParts } from "../../clusters/lane/build.ts";
import { laneKernel } from "../../clusters/cells/kernels.ts";
import { kernelLacks, onLane } from "../../clusters/lane/needs.ts";
import type { CheckContext } from "../../clusters/setup/check.ts";
import { buildProgress, machine } from "../host/prepare.ts";
import { cellsOf, lacking } from "./cells.ts";

/** The cell of the kernel lane's tests (test/e2e/last/kernel-lane.test.ts). */
const LANE_CELL = parseCell("flannel/ipvs");

interface BuildOptions {
  /** For `./faultline test --all`. */
  readonly all: boolean;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Why the kernel lane cannot be tested on this machine; null where it can. */
export async function laneUnavailable(context: CheckContext): Promise<string | null> {
  const { platform, arch } = context;
  if (platform !== "linux" || arch !== "x64") return `user-mode Linux is for Linux on x86-64, not ${platform} ${arch}`;
  if ((await kernelLacks(LANE_CELL, context)) === null) return "this kernel has ip_vs: such a cell needs no other";
  return null;
}

/**
 * Builds what the set's end-to-end tests need and is missing: node images, and for `--all` the kernel lane. Throws
 * PreflightError when something cannot be built.
 */
export async function buildForTests({ all, say, signal }: BuildOptions): Promise<void> {
  const context = machine();
  const cells = cellsOf(all);
  const lacks = await lacking(cells, context);
  const here = cells.filter(({ cell }) => !lacks.has(cell)).map(({ cell }) => parseCell(cell));
  const images = { exec: context.exec, say, signal };
  for (const cell of [DEFAULT_CELL, ...here])
    await ensureNodeImage({ ...images, parts: nodePartsOf(cell), progress: buildProgress(say) });
  if (!all || (await laneUnavailable(context)) !== null) return;
  // As a run in the lane has it: made on this machine, since the virtual machine has no network.
  const parts = nodePartsOf(LANE_CELL);
  const { tag } = await ensureNodeImage({ ...images, parts, origin: "offline", progress: buildProgress(say) });
  const kernel = laneKernel(onLane(LANE_CELL).kernel ?? "");
  const progress = ({ name, what, index, total, state }: StepProgress) =>
    say(`kernel lane ${index}/${total} ${name} (${what}): ${state}`);
  await ensureLaneParts({ kernel, imageTag: tag, context, progress, signal });
}
