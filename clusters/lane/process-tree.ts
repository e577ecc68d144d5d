import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { UndecidedError } from "../../lib/host/errors.ts";
import { GiveUpError, waitFor } from "../../lib/host/wait.ts";
import { parseOwner } from "../ownership/owner.ts";
import { PROCESS, textOf } from "./prune.ts";

const STOPPED_WITHIN_MS = 10_000;
const text = (path: string) => readFile(path, "utf8").catch(() => "");

/**
 * The processes of a VM, the kernel first, then those that it started (/proc/PID/task/PID/children, proc(5)); not the
 * one that only waits for the kernel to end. None when it has ended.
 */
export async function tree(dir: string): Promise<readonly number[]> {
  const root = parseOwner(textOf(join(dir, PROCESS)))?.pid;
  if (root === undefined) return [];
  const found: number[] = [];
  for (let next = await childrenOf(root); next.length > 0;) {
    found.push(...next);
    next = (await Promise.all(next.map(childrenOf))).flat();
  }
  return found;
}

/** The letter that the kernel gives it; "Z" when there is none any more. */
export async function stateOfProcess(pid: number): Promise<string> {
  return /^State:\s+(\S)/m.exec(await text(`/proc/${pid}/status`))?.[1] ?? "Z";
}

/**
 * Stops all processes of a VM, the kernel first, so that it does not see the others stop. Throws UndecidedError where
 * they do not stop.
 */
export async function suspend(dir: string): Promise<void> {
  await waitFor(
    "the VM's processes to stop",
    async () => {
      const pids = await tree(dir);
      if (pids.length === 0) throw new GiveUpError("there are none");
      for (const pid of pids) process.kill(pid, "SIGSTOP");
      const states = await Promise.all(pids.map(stateOfProcess));
      if (states.some((state) => !/^[TtZ]$/.test(state))) throw new Error(`they are ${states.join("")}`);
    },
    { budgetMs: STOPPED_WITHIN_MS, intervalMs: 50 },
  ).catch((error: unknown) => {
    throw new UndecidedError(`the VM could not be kept: ${(error as Error).message}`, "./faultline gc removes it", {
      cause: error,
    });
  });
}

/** Has all processes of a suspended VM go on, the kernel last: what it waits for is awake by then. */
export async function resume(dir: string): Promise<void> {
  for (const pid of (await tree(dir)).toReversed()) process.kill(pid, "SIGCONT");
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const children = await text(`/proc/${pid}/task/${pid}/children`);
  return children.split(" ").filter(Boolean).map(Number);
}
