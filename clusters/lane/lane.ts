import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { mkdirSync, utimesSync } from "node:fs";
import type { Cell } from "../../lib/cell.ts";
import { monotonicMs } from "../../lib/clock.ts";
import { UndecidedError } from "../../lib/errors.ts";
import { mustExec } from "../../lib/exec.ts";
import { waitFor } from "../../lib/wait.ts";
import { alone } from "../lock.ts";
import { ensureLaneParts, laneDir, type LaneBuild, type LaneParts, type UserModeParts } from "./build.ts";
import { packProject, refresh, unpackFrom } from "./guest-project.ts";
import { execOn, type Line } from "./line.ts";
import { dockerAnswers, makeCluster } from "./make.ts";
import { acceleration, type Acceleration } from "./probe.ts";
import type { Shape } from "./qemu.ts";
import { findSaved, goOn, keep, machineFrom, machineToSave, save, savedDir, savedKey, type Saved } from "./saved.ts";
import { allowedCpus, cpuFor, LANE_MEMORY_MIB, laneCpus } from "./shape.ts";
import { pruneLane, removeDir } from "./prune.ts";
import { PROJECT_DISK, startUserMode } from "./user-mode.ts";
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
}

export interface LaneOrder extends LaneBuild {
  /** As the VM sees it: on its own kernel. */
  readonly cell: Cell;
  /** Names the VM's directory: unique among the machine's runs. */
  readonly id: string;
  /** Its number among the run's cells: VMs side by side are put on different processors by it. */
  readonly index: number;
  readonly say: (line: string) => void;
}

/** From its start to the first answer: a boot under emulation on a busy machine. */
const BOOTED_WITHIN_MS = 600_000;
const ANSWERS_WITHIN_MS = 120_000;
const WAIT_FOR_OTHER_MS = 60 * 60_000;

/**
 * A VM for a cell. In QEMU with the cell's cluster: from the saved one that was made of the same parts, which is made first where there is none. Throws PreflightError when a part cannot be had,
 * UndecidedError when the VM or its cluster does not come up.
 */
export async function openLane(order: LaneOrder): Promise<Lane> {
  const { context, say, signal } = order;
  const parts = await ensureLaneParts(order);
  if (parts.runsIn === "user-mode") return await openUserMode(order, parts);
  const dir = laneDir(context.cacheDir);
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
    (await alone(
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

/** Booted anew each time, which takes seconds: such a kernel cannot be saved. The run in there makes the cluster, as it would here. */
async function openUserMode(order: LaneOrder, parts: UserModeParts): Promise<Lane> {
  const startedAtMs = performance.now();
  const dir = vmDir(order, "run");
  const cpu = cpuFor(order.index, allowedCpus(await readFile("/proc/self/status", "utf8")));
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const vm = await startUserMode({ parts, memoryMib: LANE_MEMORY_MIB, cpu, dir, project: await packProject(dir) });
  try {
    await answering(vm, ANSWERS_WITHIN_MS, order.signal);
    const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
    await unpackFrom(vm.line, PROJECT_DISK);
    await dockerAnswers(vm.line, order.signal);
    const told = `user-mode Linux ${parts.release}, 1 CPU, ${LANE_MEMORY_MIB} MiB: first answer after ${seconds} s`;
    const sinceStartOffsetMs = await offsetMs(vm.line);
    return { line: vm.line, sinceStartOffsetMs, told, lastWords: vm.lastWords, end: vm.end };
  } catch (error) {
    throw await endedBy(error, vm, order.signal);
  }
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

/** Ends a VM that did not come up; resolves to the error to throw, with the last words on its console. Throws itself when the run was stopped. */
async function endedBy(error: unknown, vm: Vm, signal: AbortSignal): Promise<Error> {
  const words = await vm.lastWords();
  await vm.end();
  signal.throwIfAborted();
  return withLastWords(error, words);
}

/** Both clocks only go on, so one reading tells what is between them, to the time an answer takes. */
async function offsetMs(line: Line): Promise<number> {
  const { stdout } = await mustExec(execOn(line), ["cat", "/proc/uptime"]);
  return Math.round(monotonicMs() - Number(stdout.split(" ")[0]) * 1000);
}

function vmDir({ context, id }: LaneOrder, what: string): string {
  return join(laneDir(context.cacheDir), "vms", `${id}-${what}`);
}

async function answering(vm: Vm, budgetMs: number, signal: AbortSignal): Promise<void> {
  await waitFor("the VM to answer", () => vm.line.hello(), {
    budgetMs,
    intervalMs: 1000,
    attemptTimeoutMs: budgetMs,
    signal,
  });
}

function withLastWords(error: unknown, words: string): Error {
  const { message } = error as Error;
  return new UndecidedError(
    `kernel lane: ${message}\nthe VM's console:\n${words}`,
    "run it again; ./faultline gc removes what is left",
    { cause: error },
  );
}
