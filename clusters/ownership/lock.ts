/**
 * Files that say who has something. Whoever is killed leaves its file behind, so a file counts only while its owner is not gone (owner.ts).
 */
import { randomUUID } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PreflightError } from "../../lib/host/errors.ts";
import { waitFor, WaitTimeoutError } from "../../lib/host/wait.ts";
import { ownerState, ownMark, type OwnerState } from "./owner.ts";

export type StateOf = (mark: string) => Promise<OwnerState>;

const readText = (path: string) => readFile(path, "utf8").catch(() => undefined);

/** What the file's first line says of its owner. */
export function markIn(text: string): string {
  return text.split("\n")[0] ?? "";
}

/**
 * Makes the file `path` with `text`, whose first line is the owner's mark, unless one is there whose owner is not gone. Resolves to null when it is made,
 * else to the text of who has it. Of two who find the same file of a dead owner only one gets it: nobody replaces a file without having the file beside it (`~`) first.
 */
export async function claim(path: string, text: string, stateOf: StateOf): Promise<string | null> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const own = `${path}.${randomUUID()}`;
  writeFileSync(own, text, { flag: "wx", mode: 0o600 });
  try {
    return await claimWith(own, path, text, stateOf);
  } finally {
    rmSync(own, { force: true });
  }
}

async function claimWith(own: string, path: string, text: string, stateOf: StateOf): Promise<string | null> {
  for (;;) {
    if (isLinked(own, path)) return null;
    const held = textOf(path);
    if (held === null) continue;
    if ((await stateOf(markIn(held))) !== "gone") return held;
    const guard = `${path}~`;
    const other = await claimWith(own, guard, text, stateOf);
    if (other !== null) return other;
    try {
      // Whoever comes now without the guard finds no file, and is the quicker one or not.
      if (textOf(path) === held) rmSync(path);
      if (isLinked(own, path)) return null;
    } finally {
      rmSync(guard, { force: true });
    }
  }
}

/** Gives up what `claim` made; a file that says something else is somebody else's. */
export function release(path: string, text: string): void {
  if (textOf(path) === text) rmSync(path, { force: true });
}

export interface Locking {
  /** The folder of the locks. */
  readonly dir: string;
  /** Told once, when it has to wait. */
  readonly say: (line: string) => void;
  /** Longest wait. */
  readonly budgetMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Does `work` while no other process of this machine does what has the same name. Throws PreflightError when the other has not ended within the budget; rejects when
 * the signal aborts while it waits.
 */
export async function alone<T>(name: string, locking: Locking, work: () => Promise<T>): Promise<T> {
  const path = join(locking.dir, name);
  const text = await ownMark(readText);
  await untilClaimed(name, path, text, locking);
  try {
    return await work();
  } finally {
    release(path, text);
  }
}

async function untilClaimed(name: string, path: string, text: string, locking: Locking): Promise<void> {
  const { say, budgetMs, signal } = locking;
  let told = false;
  const attempt = async () => {
    const held = await claim(path, text, (mark) => ownerState(readText, mark));
    if (held === null) return;
    const holder = `process ${markIn(held).split("/")[0]}`;
    if (!told) say(`waiting for ${holder}, which is at the same (${name})`);
    told = true;
    throw new Error(`${holder} has ${path}`);
  };
  try {
    // None is abandoned while this process goes on: what it claimed afterwards nobody would give up.
    await waitFor(name, attempt, {
      ...{ budgetMs, intervalMs: 250, attemptTimeoutMs: budgetMs },
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (!(error instanceof WaitTimeoutError)) throw error;
    throw new PreflightError(error.message, `if that process is no more, remove ${path}`, { cause: error });
  }
}

/** True when `path` is now a name of the file `own` too; false when something else has that name. */
function isLinked(own: string, path: string): boolean {
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Null when there is no such file. */
function textOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
