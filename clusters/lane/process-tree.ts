import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseOwner } from "../ownership/owner.ts";
import { PROCESS, textOf } from "./prune.ts";

const text = (path: string) => readFile(path, "utf8").catch(() => "");

/**
 * The processes of a VM in user mode, the kernel first, then those that it started (/proc/PID/task/PID/children, proc(5)); not the one that only waits for the kernel
 * to end. None when it has ended.
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

async function childrenOf(pid: number): Promise<readonly number[]> {
  const children = await text(`/proc/${pid}/task/${pid}/children`);
  return children.split(" ").filter(Boolean).map(Number);
}
