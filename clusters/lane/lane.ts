import { availableParallelism } from "node:os";
import { join } from "node:path";
import { utimesSync } from "node:fs";
import type { Cell } from "../../lib/model/cell.ts";
import { withLock } from "../ownership/lock.ts";
import { ensureLaneParts, laneDir, type LaneBuild, type LaneParts } from "./build.ts";
import { refresh } from "./guest-project.ts";
import type { Line } from "./line.ts";
import { makeCluster } from "./make.ts";
import { openUserMode } from "./open-user-mode.ts";
import { acceleration, type Acceleration } from "./probe.ts";
import type { Shape } from "./qemu.ts";
import { findSaved, goOn, keep, machineFrom, machineToSave, save, savedDir, savedKey, type Saved } from "./saved.ts";
import { LANE_MEMORY_MIB, laneCpus } from "./shape.ts";
import { pruneLane, removeDir } from "./prune.ts";
import { answering, ANSWERS_WITHIN_MS, endedBy, offsetMs, vmDir, withLastWords } from "./up.ts";
import { startVm, type Vm } from "./vm.ts";

/** A VM that is up, with the project in it as it is here. */
export interface Lane {
  readonly line: Line;
  /** The cell's cluster, ready in the VM; undefined where the run in there makes its own. */
  readonly cluster?: string;
  /** What to add to a time since the VM's start for one since this machine's, in ms. */
  readonly sinceStartOffsetMs: number;
  /** How it came to be, one line. */
  readonly told: string;
  readonly lastWords: Vm["lastWords"];
  /** Ends the VM; nothing is left of it. */
  readonly end: () => Promise<void>;
  /** Stops it where it is, with this cluster ready in it, for the next run of the cell; only where that was asked for, or it was so left before. */
  readonly leave?: (cluster: string) => Promise<void>;
}

export interface LaneOrder extends LaneBuild {
  /** As the VM sees it: on its own kernel. */
  readonly cell: Cell;
  /** Names the VM's directory: unique among the machine's runs. */
  readonly id: string;
  /** Its number among the run's cells: VMs side by side are put on different processors by it. */
  readonly index: number;
  /** Whether the VM may be left for the next run. */
  readonly mayStay: boolean;
  readonly say: (line: string) => void;
}

/** From its start to the first answer: a boot under emulation on a busy machine. */
const BOOTED_WITHIN_MS = 600_000;
const WAIT_FOR_OTHER_MS = 60 * 60_000;

/**
 * A VM for a cell. In QEMU with the cell's cluster: from the saved one that was made of the same parts, which is made first where there is none. Throws PreflightError when a part cannot be had,
 * UndecidedError when the VM or its cluster does not come up.
 */
export async function openLane(order: LaneOrder): Promise<Lane> {
  const { context, say, signal } = order;
  const parts = await ensureLaneParts(order);
  const dir = laneDir(context.cacheDir);
  if (parts.runsIn === "user-mode") return await openUserMode(order, parts, dir);
  const accel = await acceleration(parts, dir);
  const shape: Shape = {
    accelerator: accel.accelerator,
    cpus: laneCpus(availableParallelism()),
    memoryMib: LANE_MEMORY_MIB,
  };
  const place = savedDir(dir, await savedKey(parts, shape, order.cell));
  const locking = { dir: join(context.cacheDir, "locks"), say, budgetMs: WAIT_FOR_OTHER_MS, signal };
  const saved =
    findSaved(place) ??
    (await withLock(
      // Others may be made meanwhile: they are of other parts.
      `lane-save-${place.slice(-64, -52)}`,
      locking,
      async () => findSaved(place) ?? (await makeSaved(order, parts, shape, place, accel)),
    ));
  // For pruneLane: somebody uses it.
  utimesSync(saved.dir, new Date(), new Date());
  await pruneLane(dir, saved.dir);
  return await continued(order, parts, shape, saved, accel);
}

async function makeSaved(
  order: LaneOrder,
  parts: LaneParts,
  shape: Shape,
  place: string,
  { accelerator, because }: Acceleration,
): Promise<Saved> {
  const { say, signal, cell, kernel } = order;
  const minutes = accelerator === "kvm" ? "1 to 2 min" : "8 to 15 min on 2 cores";
  say(
    `no saved VM of ${kernel.name} for this cell: making one with ${accelerator} (${because}), once, about ${minutes}`,
  );
  const halfMade = `${place}.tmp-${process.pid}`;
  const startedAtMs = performance.now();
  const after = () => `${Math.round((performance.now() - startedAtMs) / 1000)} s`;
  const machine = await machineToSave(parts, shape, halfMade);
  const vm = await startVm({ machine, dir: vmDir(order, "make") });
  try {
    await answering(vm, BOOTED_WITHIN_MS, signal);
    say(`the VM answers after ${after()}`);
    await refresh(vm.line, vmDir(order, "make"));
    const cluster = await makeCluster(vm.line, { cell, signal, say });
    say(`its cluster is ready after ${after()}`);
    await save(vm.monitor, halfMade);
    say(`saved after ${after()}`);
    await vm.end();
    return keep(halfMade, place, cluster);
  } catch (error) {
    signal.throwIfAborted();
    throw withLastWords(error, await vm.lastWords());
  } finally {
    await vm.end();
    await removeDir(halfMade);
  }
}

async function continued(
  order: LaneOrder,
  parts: LaneParts,
  shape: Shape,
  saved: Saved,
  { accelerator, because }: Acceleration,
): Promise<Lane> {
  const startedAtMs = performance.now();
  const dir = vmDir(order, "run");
  const vm = await startVm({ machine: machineFrom(saved, parts, shape), dir });
  try {
    await goOn(vm.monitor, saved.dir);
    await answering(vm, ANSWERS_WITHIN_MS, order.signal);
    const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
    await refresh(vm.line, dir);
    const told = `VM with ${parts.release}, ${accelerator} (${because}), ${shape.cpus} CPUs, ${shape.memoryMib} MiB; from the saved one: first answer after ${seconds} s`;
    const sinceStartOffsetMs = await offsetMs(vm.line);
    return { line: vm.line, cluster: saved.cluster, sinceStartOffsetMs, told, lastWords: vm.lastWords, end: vm.end };
  } catch (error) {
    throw await endedBy(error, vm, order.signal);
  }
}
