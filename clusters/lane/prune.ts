import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { waitFor } from "../../lib/wait.ts";
import { ownerState, parseOwner } from "../setup/ownership.ts";

/** A saved VM takes 2 to 3 GB. */
const SAVED_KEPT = 3;

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

/** The directories of VMs, of living ones as well. */
export function vmDirs(laneDir: string): readonly string[] {
  const vms = join(laneDir, "vms");
  return list(vms).map((name) => join(vms, name));
}

/** What is there of VMs whose run is gone: their directories, and what was half saved. */
export async function leftInLane(laneDir: string): Promise<readonly string[]> {
  const left: string[] = [];
  for (const dir of vmDirs(laneDir)) {
    if ((await ownerState(readText, ownerIn(join(dir, "owner")))) === "gone") left.push(dir);
  }
  for (const name of list(laneDir)) {
    const pid = /^(?:saved-[0-9a-f]{64}|kvm-[0-9a-f]+)\.tmp-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && (await ownerState(readText, pid)) === "gone") left.push(join(laneDir, name));
  }
  return left;
}

function list(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

function ownerIn(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}

const ENDED_WITHIN_MS = 10_000;

/** Ends the VM whose directory this is, where it still runs (one that may outlive its run does so when that is killed), and removes the directory. */
export async function endProcess(dir: string): Promise<void> {
  const mark = ownerIn(join(dir, "process"));
  const pid = parseOwner(mark)?.pid;
  if (pid !== undefined && (await ownerState(readText, mark)) === "lives") {
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
