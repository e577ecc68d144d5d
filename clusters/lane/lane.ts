import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { cellId, type Cell } from "../../lib/model/cell.ts";
import { ensureLaneParts, laneDir, type LaneBuild, type LaneParts } from "./build.ts";
import { packProject, setClock, unpackFrom } from "./guest-project.ts";
import { claimKept, keptKey, leave } from "./kept.ts";
import type { Line } from "./line.ts";
import { endLeft, makeOwnDir } from "./prune.ts";
import { allowedCpus, cpuFor, LANE_MEMORY_MIB } from "./shape.ts";
import { answering, dockerAnswers, endedBy, offsetMs } from "./up.ts";
import { bootVm, PROJECT_DISK, resumeVm, type Vm } from "./vm.ts";

/** A VM that is up, with the project in it as it is here. */
export interface Lane {
  readonly line: Line;
  /** The cell's cluster, ready in the VM; undefined where the run in there makes its own. */
  readonly cluster?: string;
  /** What to add to a time since the VM's start for one since this machine's, in ms. */
  readonly sinceStartOffsetMs: number;
  /** How it came to be, one line. */
  readonly told: string;
  /** Ends the VM; nothing is left of it. */
  readonly end: () => Promise<void>;
  /**
   * Suspends it with this cluster ready in it, for the next run of the cell; only where that was asked for, or an
   * earlier run had left it so.
   */
  readonly leave?: (cluster: string) => Promise<void>;
}

export interface LaneOptions extends LaneBuild {
  /** As the VM sees it: on its own kernel. */
  readonly cell: Cell;
  /** Names the VM's directory: unique among the machine's runs. */
  readonly id: string;
  /** Its number among the run's cells: VMs side by side are put on different processors by it. */
  readonly index: number;
  /** Whether the VM may be left for the next run. */
  readonly mayStay: boolean;
}

/**
 * Opens a VM for a cell: the suspended one that an earlier run has left, else one that is booted, in which the run
 * makes the cluster, as it would here. Throws PreflightError when a part is unavailable, UndecidedError when the VM
 * does not come up.
 */
export async function openLane(options: LaneOptions): Promise<Lane> {
  const { context, cell, signal, mayStay } = options;
  const parts = await ensureLaneParts(options);
  const lane = laneDir(context.cacheDir);
  await endLeft(lane);
  const key = keptKey(parts, cell);
  const kept = await claimKept(lane, key, cellId(cell));
  const startedAtMs = performance.now();
  const dir = kept?.dir ?? join(lane, "vms", `${options.id}-run`);
  const vm = kept === undefined ? await boot(options, parts, dir) : await resumeVm(dir);
  try {
    await answering(vm, signal);
    const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
    await packProject(dir, options.context.exec);
    await setClock(vm.line);
    await unpackFrom(vm.line, PROJECT_DISK);
    await dockerAnswers(vm.line, signal);
    const manner = kept === undefined ? "" : "; as an earlier run left it";
    const suspended = async (cluster: string) => {
      vm.line.close();
      await leave(dir, { key, cluster, cell: cellId(cell) });
    };
    return {
      line: vm.line,
      ...(kept && { cluster: kept.cluster }),
      sinceStartOffsetMs: await offsetMs(vm.line),
      told: `user-mode Linux ${parts.release}, 1 CPU, ${LANE_MEMORY_MIB} MiB${manner}: first answer after ${seconds} s`,
      end: vm.end,
      ...((mayStay || kept) && { leave: suspended }),
    };
  } catch (error) {
    throw await endedBy(error, vm, signal);
  }
}

async function boot(options: LaneOptions, parts: LaneParts, dir: string): Promise<Vm> {
  const cpu = cpuFor(options.index, allowedCpus(await readFile("/proc/self/status", "utf8")));
  await makeOwnDir(dir);
  const project = await packProject(dir, options.context.exec);
  return await bootVm({
    parts,
    memoryMib: LANE_MEMORY_MIB,
    cpu,
    dir,
    project,
    outlives: options.mayStay,
    exec: options.context.exec,
  });
}
