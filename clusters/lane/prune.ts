import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { waitFor } from "../../lib/host/wait.ts";
import { ownerState, ownMark, parseOwner } from "../ownership/owner.ts";

/** A saved VM takes 2 to 3 GB. */
const SAVED_KEPT = 3;

/** In a VM's directory: whose it is, its process (both as marks, ownership/owner.ts), and what a kept one is. */
export const OWNER = "owner";
export const PROCESS = "process";
export const RECORD = "kept.json";

const readText = (path: string) => readFile(path, "utf8").catch(() => undefined);

/** Removes what killed runs have left, and saved VMs beyond the last used ones. `using` stays. */
export async function pruneLane(laneDir: string, using: string): Promise<void> {
  const names = readdirSync(laneDir);
  const saved = names.filter((name) => /^saved-[0-9a-f]{64}$/.test(name)).map((name) => join(laneDir, name));
  const byUse = saved.filter((dir) => dir !== using).toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const dir of byUse.slice(SAVED_KEPT - 1)) rmSync(dir, { recursive: true, force: true });
  await endLeft(laneDir);
}

/** Ends and removes what killed runs have left. */
export async function endLeft(laneDir: string): Promise<void> {
  for (const dir of await leftInLane(laneDir)) await endProcess(dir);
}

/** Makes a VM's directory, this process's from its first moment: one without an owner is nobody's, and is removed. */
export async function makeOwnDir(dir: string): Promise<void> {
  const mark = await ownMark(readText);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  writeFileSync(join(dir, OWNER), mark, { mode: 0o600 });
}

/** The directories of VMs, of living ones as well. */
export function vmDirs(laneDir: string): readonly string[] {
  const vms = join(laneDir, "vms");
  return list(vms).map((name) => join(vms, name));
}

/** What is there of VMs whose run is gone: their directories, and what was half saved. */
export async function leftInLane(laneDir: string): Promise<readonly string[]> {
  const left: string[] = [];
  for (const dir of vmDirs(laneDir)) if (await isLeft(dir)) left.push(dir);
  for (const name of list(laneDir)) {
    const pid = /^(?:saved-[0-9a-f]{64}|kvm-[0-9a-f]+)\.tmp-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && (await ownerState(readText, pid)) === "gone") left.push(join(laneDir, name));
  }
  return left;
}

/** A kept VM is its own, and has a record; one without was being left as its run was killed. */
async function isLeft(dir: string): Promise<boolean> {
  const [owner, own] = [textOf(join(dir, OWNER)), textOf(join(dir, PROCESS))];
  if ((await ownerState(readText, owner)) === "gone") return true;
  const user = textOf(join(dir, "user"));
  return owner === own && textOf(join(dir, RECORD)) === "" && (await ownerState(readText, user)) === "gone";
}

function list(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
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

/** Ends the VM whose directory this is, where it still runs (one that may outlive its run does so when that is killed), and removes the directory. Nothing where that cannot be seen from here. */
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
  await removeDir(dir);
}

export async function removeDir(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}
