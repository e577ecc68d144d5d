import type { Cell } from "../../lib/model/cell.ts";
import { DEFAULT_CELL, nodePartsOf, parseCell } from "../../clusters/cells/cells.ts";
import { laneKernel } from "../../clusters/cells/kernels.ts";
import { builtNodeImage, ensureNodeImage, type StepProgress } from "../../clusters/image/node-image.ts";
import { ensureLaneParts, laneBuildS } from "../../clusters/lane/build.ts";
import { cniLacks, kernelLacks, onLane } from "../../clusters/lane/needs.ts";
import type { CheckContext } from "../../clusters/setup/check.ts";
import { buildProgress, machine, stepLine } from "../host/prepare.ts";

/**
 * Longest build that a default run takes on for a nightly group, in seconds: the lane's two disks (65 s), which change
 * with the dependencies and the node image. The lane's kernel takes about 10 min more.
 */
const SMALL_BUILD_S = 90;

interface BuildOptions {
  /** The cells of the tests that will run, as they are named there. */
  readonly cells: readonly string[];
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Why the kernel lane cannot run on this machine; null where it can. Pure. */
export function laneUnavailable({ platform, arch }: Pick<CheckContext, "platform" | "arch">): string | null {
  if (platform === "linux" && arch === "x64") return null;
  return `user-mode Linux is for Linux on x86-64, not ${platform} ${arch}`;
}

/** A cell on the kernel that its run here would have. */
async function placed(cell: string, context: CheckContext): Promise<Cell> {
  const parsed = parseCell(cell);
  const stays = parsed.kernel !== undefined || (await kernelLacks(parsed, context)) === null;
  return stays ? parsed : onLane(parsed);
}

/** Why no test can run in a cell on this machine; null where it can. */
async function cannotRun(cell: Cell, context: CheckContext): Promise<string | null> {
  if (cell.kernel !== undefined) return laneUnavailable(context);
  const lacks = await cniLacks(cell, context);
  return lacks === null ? null : `this machine lacks ${lacks}`;
}

/** As a run in the lane has it: made on this machine, since the virtual machine has no network. */
const imageOf = (cell: Cell, { exec }: CheckContext) => ({
  parts: nodePartsOf(cell),
  exec,
  ...(cell.kernel === undefined ? {} : { origin: "offline" as const }),
});

/** Why a cell cannot run here within a default run's time; null where it can. Builds nothing. */
export async function obstacleOf(cell: string | undefined, context = machine()): Promise<string | null> {
  if (cell === undefined) return null;
  const here = await placed(cell, context);
  const reason = await cannotRun(here, context);
  if (reason !== null) return reason;
  const image = await builtNodeImage(imageOf(here, context));
  if (image === null) return "its node image is not built";
  if (here.kernel === undefined) return null;
  const buildS = await laneBuildS({ kernel: laneKernel(here.kernel), imageTag: image.tag, context });
  return buildS <= SMALL_BUILD_S ? null : "its kernel is not built";
}

/** Whether a cell runs on this machine's own kernel. */
export async function runsOnHostKernel(cell: string, context = machine()): Promise<boolean> {
  return context.platform === "linux" && (await placed(cell, context)).kernel === undefined;
}

/**
 * Builds what these cells and the default cell need and is missing: node images, and the kernel lane's parts where a
 * cell runs there. Leaves out cells that cannot run here. Throws PreflightError when something cannot be built.
 */
export async function buildForTests({ cells, say, signal }: BuildOptions): Promise<void> {
  const context = machine();
  const all = await Promise.all(cells.map((cell) => placed(cell, context)));
  for (const cell of [DEFAULT_CELL, ...all]) {
    if ((await cannotRun(cell, context)) !== null) continue;
    const image = await ensureNodeImage({ ...imageOf(cell, context), say, signal, progress: buildProgress(say) });
    if (cell.kernel === undefined) continue;
    const kernel = laneKernel(cell.kernel);
    const progress = (step: StepProgress) => say(stepLine("kernel lane", step));
    await ensureLaneParts({ kernel, imageTag: image.tag, context, progress, signal });
  }
}
