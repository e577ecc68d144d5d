import { readFile } from "node:fs/promises";
import { cellId } from "../../lib/model/cell.ts";
import type { UserModeParts } from "./build.ts";
import { packProject, setClock, unpackFrom } from "./guest-project.ts";
import { claimKept, goOnAgain, keptKey, leave, type Kept } from "./kept.ts";
import type { Lane, LaneOrder } from "./lane.ts";
import { openLine } from "./line.ts";
import { dockerAnswers } from "./make.ts";
import { endLeft, endProcess, makeOwnDir } from "./prune.ts";
import { allowedCpus, cpuFor, LANE_MEMORY_MIB } from "./shape.ts";
import { answering, ANSWERS_WITHIN_MS, endedBy, offsetMs, vmDir } from "./up.ts";
import { PROJECT_DISK, startUserMode } from "./user-mode.ts";
import { lastWordsIn, type Vm } from "./vm.ts";
import { wireTo } from "./wire.ts";

/**
 * A VM in user mode for a cell: the one that an earlier run has left, else booted anew, which takes seconds; then the run in there makes the cluster, as it would here. Such a kernel cannot be
 * saved to disk, but its processes can be stopped and go on.
 */
export async function openUserMode(order: LaneOrder, parts: UserModeParts, laneDir: string): Promise<Lane> {
  await endLeft(laneDir);
  const key = keptKey(parts, order.cell);
  const kept = await claimKept(laneDir, key, cellId(order.cell));
  const startedAtMs = performance.now();
  const dir = kept?.dir ?? vmDir(order, "run");
  const vm = kept === undefined ? await boot(order, parts, dir) : toGoOn(kept);
  try {
    if (kept !== undefined) await goOnAgain(dir);
    await answering(vm, ANSWERS_WITHIN_MS, order.signal);
    const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
    await packProject(dir);
    await setClock(vm.line);
    await unpackFrom(vm.line, PROJECT_DISK);
    await dockerAnswers(vm.line, order.signal);
    const manner = kept === undefined ? "" : "; as an earlier run left it";
    return {
      line: vm.line,
      ...(kept && { cluster: kept.cluster }),
      sinceStartOffsetMs: await offsetMs(vm.line),
      told: `user-mode Linux ${parts.release}, 1 CPU, ${LANE_MEMORY_MIB} MiB${manner}: first answer after ${seconds} s`,
      lastWords: vm.lastWords,
      end: vm.end,
      ...((order.mayStay || kept) && {
        leave: async (cluster: string) => {
          vm.line.close();
          await leave(dir, { key, cluster, cell: cellId(order.cell) });
        },
      }),
    };
  } catch (error) {
    throw await endedBy(error, vm, order.signal);
  }
}

async function boot(order: LaneOrder, parts: UserModeParts, dir: string): Promise<Vm> {
  const cpu = cpuFor(order.index, allowedCpus(await readFile("/proc/self/status", "utf8")));
  await makeOwnDir(dir);
  const project = await packProject(dir);
  return await startUserMode({
    ...{ parts, memoryMib: LANE_MEMORY_MIB, cpu, dir, project, outlives: order.mayStay },
  });
}

/** A VM that stands still, as it will be once it goes on. */
function toGoOn({ dir }: Kept): Vm {
  return { line: openLine(wireTo(dir)), lastWords: () => lastWordsIn(dir), end: () => endProcess(dir) };
}
