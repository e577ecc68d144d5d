import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { ownerState } from "../setup/ownership.ts";

/** A saved VM takes 2 to 3 GB. */
const SAVED_KEPT = 3;

const readText = (path: string) => readFile(path, "utf8").catch(() => undefined);

/** Removes what killed runs have left, and saved VMs beyond the last used ones. `using` stays. */
export async function pruneLane(laneDir: string, using: string): Promise<void> {
  const names = readdirSync(laneDir);
  const saved = names.filter((name) => /^saved-[0-9a-f]{64}$/.test(name)).map((name) => join(laneDir, name));
  const byUse = saved.filter((dir) => dir !== using).toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const dir of byUse.slice(SAVED_KEPT - 1)) rmSync(dir, { recursive: true, force: true });
  for (const dir of await leftInLane(laneDir)) rmSync(dir, { recursive: true, force: true });
}

/** What is there of VMs whose run is gone: their directories, and what was half saved. */
export async function leftInLane(laneDir: string): Promise<readonly string[]> {
  const vms = join(laneDir, "vms");
  const left: string[] = [];
  for (const name of list(vms)) {
    const owner = ownerIn(join(vms, name, "owner"));
    if ((await ownerState(readText, owner)) === "gone") left.push(join(vms, name));
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

export async function removeDir(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}
