import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { waitFor } from "../../lib/host/wait.ts";
import { ownerState, ownMark, parseOwner } from "../ownership/owner.ts";

/** In a VM's directory: whose it is, its process (both as marks, ownership/owner.ts), and what a kept one is. */
export const OWNER = "owner";
export const PROCESS = "process";
export const RECORD = "kept.json";

const readText = (path: string) => readFile(path, "utf8").catch(() => undefined);

/** Ends and removes what killed runs have left. */
export async function endLeft(laneDir: string): Promise<void> {
  for (const dir of await leftInLane(laneDir)) await endProcess(dir);
}

/** Makes a VM's directory, owned by this process from its first moment: a directory without an owner is removed. */
export async function makeOwnDir(dir: string): Promise<void> {
  const mark = await ownMark(readText);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  writeFileSync(join(dir, OWNER), mark, { mode: 0o600 });
}

/** The directories of VMs, of living ones as well. */
export function vmDirs(laneDir: string): readonly string[] {
  const vms = join(laneDir, "vms");
  return existsSync(vms) ? readdirSync(vms).map((name) => join(vms, name)) : [];
}

/** The directories of VMs whose run is gone. */
export async function leftInLane(laneDir: string): Promise<readonly string[]> {
  const left: string[] = [];
  for (const dir of vmDirs(laneDir)) if (await isLeft(dir)) left.push(dir);
  return left;
}

/** A kept VM is its own, and has a record; one without was being left as its run was killed. */
async function isLeft(dir: string): Promise<boolean> {
  const [owner, own] = [textOf(join(dir, OWNER)), textOf(join(dir, PROCESS))];
  if ((await ownerState(readText, owner)) === "gone") return true;
  const user = textOf(join(dir, "user"));
  return owner === own && textOf(join(dir, RECORD)) === "" && (await ownerState(readText, user)) === "gone";
}

/** A small file's text; empty where there is none. */
export function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}

const ENDED_WITHIN_MS = 10_000;

/**
 * Ends the VM of this directory if it still runs, and removes the directory. A VM kept for later runs outlives its
 * killed run. Does nothing from another pid namespace.
 */
export async function endProcess(dir: string): Promise<void> {
  const mark = textOf(join(dir, PROCESS));
  const pid = parseOwner(mark)?.pid;
  const state = await ownerState(readText, mark);
  if (state === "unseen") return;
  if (pid !== undefined && state === "lives") {
    process.kill(pid, "SIGKILL");
    await waitFor(
      "the VM to end",
      async () => {
        if ((await ownerState(readText, mark)) === "lives") throw new Error("it runs");
      },
      { budgetMs: ENDED_WITHIN_MS, intervalMs: 20 },
    );
  }
  await rm(dir, { recursive: true, force: true });
}
