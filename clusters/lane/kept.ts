import { createHash } from "node:crypto";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { cellId, type Cell } from "../../lib/model/cell.ts";
import { UndecidedError } from "../../lib/host/errors.ts";
import { acquire, release } from "../ownership/lock.ts";
import { ownMark, ownerState } from "../ownership/owner.ts";
import type { LaneParts } from "./build.ts";
import { ENV_IN_VM } from "./guest-project.ts";
import { suspend } from "./process-tree.ts";
import { endProcess, OWNER, PROCESS, RECORD, textOf, vmDirs } from "./prune.ts";
import { filesOnDisk, keyOfFiles } from "./reached.ts";

/**
 * A VM that an earlier run has left, with its cluster ready: its processes are stopped, so it takes memory and no
 * processor.
 */
export interface Kept {
  readonly dir: string;
  /** The cluster in it. */
  readonly cluster: string;
  readonly cell: string;
}

const USER = "user";
const readText = (path: string) => readFile(path, "utf8").catch(() => undefined);

const PROJECT = join(import.meta.dirname, "../..");
/**
 * The modules that make what a kept VM holds: the cell's cluster, and those beside it. The guest's own files are in its
 * disks' names, the node image is, too.
 */
export const MAKE_CLUSTERS = ["clusters/create/create.ts", "clusters/create/peers.ts"];

/**
 * Returns the name of all that a kept VM must have in common with a new one; 64 hex digits. `cell` is as the VM sees
 * it. A change elsewhere needs no other VM: the project is put into a VM at each start.
 */
export function keptKey({ linux, disks }: LaneParts, cell: Cell): string {
  const files = keyOfFiles(MAKE_CLUSTERS, filesOnDisk(PROJECT));
  return createHash("sha256")
    .update(JSON.stringify({ linux, disks, cell: cellId(cell), env: ENV_IN_VM, files }))
    .digest("hex");
}

/** All that there are. */
export function keptVms(laneDir: string): readonly (Kept & { readonly key: string })[] {
  return vmDirs(laneDir).flatMap((dir) => {
    const text = textOf(join(dir, RECORD));
    return text === "" ? [] : [{ ...(JSON.parse(text) as Kept & { key: string }), dir }];
  });
}

/**
 * Returns an unused VM kept under this key; undefined if there is none. This run owns it from then on, as a new one: if
 * the run is killed, the next run ends it. Ends the cell's VMs with other inputs, which no run can use any more.
 */
export async function claimKept(laneDir: string, key: string, cell: string): Promise<Kept | undefined> {
  for (const kept of keptVms(laneDir).filter((one) => one.cell === cell)) {
    if (kept.key !== key) await endKept(kept.dir);
    else if (await taken(kept.dir)) {
      write(join(kept.dir, OWNER), await ownMark(readText));
      rmSync(join(kept.dir, RECORD));
      return kept;
    }
  }
  return undefined;
}

/** Ends an unused VM; returns false if it is in use or cannot be seen from here (another pid namespace). */
export async function endKept(dir: string): Promise<boolean> {
  if (!(await taken(dir))) return false;
  await endProcess(dir);
  return true;
}

/** Whether it lives, and is now this process's alone. */
async function taken(dir: string): Promise<boolean> {
  const lives = async () => (await ownerState(readText, textOf(join(dir, PROCESS)))) === "lives";
  if (!(await lives())) return false;
  const mark = await ownMark(readText);
  if ((await acquire(join(dir, USER), mark, (one) => ownerState(readText, one))) !== null) return false;
  // Another process may have ended it, or taken its record, in between.
  if ((await lives()) && textOf(join(dir, RECORD)) !== "") return true;
  release(join(dir, USER), mark);
  return false;
}

/**
 * Leaves a VM to the next run: stops its processes, records its key and cell, and gives up ownership. Throws
 * UndecidedError if they do not stop.
 */
export async function leave(dir: string, record: Omit<Kept, "dir"> & { readonly key: string }): Promise<void> {
  const mark = await ownMark(readText);
  const held = await acquire(join(dir, USER), mark, (one) => ownerState(readText, one));
  if (held !== null && held !== mark) throw new UndecidedError(`${dir} is used by ${held}`, "./faultline gc");
  await suspend(dir);
  // From now on it is its own: it is there for as long as its processes are.
  write(join(dir, OWNER), textOf(join(dir, PROCESS)));
  write(join(dir, RECORD), JSON.stringify(record));
  release(join(dir, USER), mark);
}

/** Whole or not at all. */
function write(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
