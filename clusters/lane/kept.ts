import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { cellId, type Cell } from "../../lib/cell.ts";
import { UndecidedError } from "../../lib/errors.ts";
import { waitFor } from "../../lib/wait.ts";
import { claim, release } from "../lock.ts";
import { ownMark, ownerState } from "../setup/ownership.ts";
import type { UserModeParts } from "./build.ts";
import { stateOfProcess, tree } from "./process-tree.ts";
import { vmDirs } from "./prune.ts";
import { clusterFiles } from "./saved.ts";

/** A VM in user mode that an earlier run has left, with its cluster ready: its processes are stopped, so it takes memory and no processor. */
export interface Kept {
  readonly dir: string;
  /** The cluster in it. */
  readonly cluster: string;
  readonly cell: string;
}

/** In a kept VM's directory: what it is, and who uses it just now. */
const RECORD = "kept.json";
const USER = "user";
const STOPPED_WITHIN_MS = 10_000;
const readText = (path: string) => readFile(path, "utf8").catch(() => undefined);

/** The name of all that a kept VM must have in common with a new one; 64 hex digits. `cell` is as the VM sees it. */
export async function keptKey(parts: UserModeParts, cell: Cell): Promise<string> {
  const all = { linux: parts.linux, disks: parts.disks, cell: cellId(cell), files: await clusterFiles() };
  return createHash("sha256").update(JSON.stringify(all)).digest("hex");
}

/** All that there are. */
export function keptVms(laneDir: string): readonly (Kept & { readonly key: string })[] {
  return vmDirs(laneDir).flatMap((dir) => {
    const path = join(dir, RECORD);
    return existsSync(path) ? [{ ...(JSON.parse(readFileSync(path, "utf8")) as Kept & { key: string }), dir }] : [];
  });
}

/** One that was kept under this key and nobody uses: it is ours until `leave` or its end. Undefined when there is none. */
export async function claimKept(laneDir: string, key: string): Promise<Kept | undefined> {
  const mark = await ownMark(readText);
  for (const kept of keptVms(laneDir).filter((one) => one.key === key)) {
    const owner = readFileSync(join(kept.dir, "process"), "utf8");
    if ((await ownerState(readText, owner)) !== "lives") continue;
    const held = await claim(join(kept.dir, USER), mark, (one) => ownerState(readText, one));
    if (held === null) return kept;
  }
  return undefined;
}

/** Whether a run uses it just now. */
export async function isInUse(dir: string): Promise<boolean> {
  const user = (await readText(join(dir, USER))) ?? "";
  return (await ownerState(readText, user)) !== "gone";
}

/** Leaves a VM to whoever comes next: stops its processes, writes down what it is, and gives it up. */
export async function leave(dir: string, record: Omit<Kept, "dir"> & { readonly key: string }): Promise<void> {
  await stopAll(dir);
  writeFileSync(join(dir, RECORD), JSON.stringify(record), { mode: 0o600 });
  // From now on it is its own: it is there for as long as its processes are.
  writeFileSync(join(dir, "owner"), readFileSync(join(dir, "process")), { mode: 0o600 });
  release(join(dir, USER), await ownMark(readText));
}

/** Has a VM that was left go on. */
export async function goOnAgain(dir: string): Promise<void> {
  // The kernel last: what it waits for is awake by then.
  for (const pid of (await tree(dir)).toReversed()) process.kill(pid, "SIGCONT");
}

/** The kernel first, so that it does not see the others stop. */
async function stopAll(dir: string): Promise<void> {
  await waitFor(
    "the VM's processes to stop",
    async () => {
      const pids = await tree(dir);
      for (const pid of pids) process.kill(pid, "SIGSTOP");
      const states = await Promise.all(pids.map(stateOfProcess));
      if (states.some((state) => state !== "T" && state !== "Z")) throw new Error(`they are ${states.join("")}`);
    },
    { budgetMs: STOPPED_WITHIN_MS, intervalMs: 50 },
  ).catch((error: unknown) => {
    throw new UndecidedError(`the VM could not be kept: ${(error as Error).message}`, "./faultline gc removes it", {
      cause: error,
    });
  });
}
