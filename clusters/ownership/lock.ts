/**
 * Lock files that name their owner. A killed owner leaves its file behind, so a file counts only while its owner is not
 * gone (owner.ts).
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

/** Returns the owner's mark: the first line of a lock file. */
export function markIn(text: string): string {
  return text.split("\n")[0] ?? "";
}

/**
 * Creates the file `path` with `text`, whose first line is the owner's mark, unless an owner that is not gone has it.
 * Resolves to null on success, else to the current holder's text. When several processes find the file of a dead owner,
 * exactly one gets it: a process replaces the file only while it holds the guard file beside it (`~`).
 */
export async function acquire(path: string, text: string, stateOf: StateOf): Promise<string | null> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const own = `${path}.${randomUUID()}`;
  writeFileSync(own, text, { flag: "wx", mode: 0o600 });
  try {
    return await acquireWith(own, path, text, stateOf);
  } finally {
    rmSync(own, { force: true });
  }
}

async function acquireWith(own: string, path: string, text: string, stateOf: StateOf): Promise<string | null> {
  for (;;) {
    if (isLinked(own, path)) return null;
    const held = textOf(path);
    if (held === null) continue;
    if ((await stateOf(markIn(held))) !== "gone") return held;
    const guard = `${path}~`;
    const other = await acquireWith(own, guard, text, stateOf);
    if (other !== null) return other;
    try {
      // A process without the guard finds no file now, and may link its own before this one does.
      if (textOf(path) === held) rmSync(path);
      if (isLinked(own, path)) return null;
    } finally {
      rmSync(guard, { force: true });
    }
  }
}

/** Releases what `acquire` made. A file with other text belongs to another owner and stays. */
export function release(path: string, text: string): void {
  if (textOf(path) === text) rmSync(path, { force: true });
}

export interface LockOptions {
  /** The folder of the locks. */
  readonly dir: string;
  /** Called once, when it has to wait. */
  readonly say: (line: string) => void;
  /** The longest wait. */
  readonly budgetMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Runs `work` while no other process of this machine runs work under the same lock. Throws PreflightError when the
 * other process has not finished within the budget. Rejects when the signal aborts during the wait.
 */
export async function withLock<T>(name: string, locking: LockOptions, work: () => Promise<T>): Promise<T> {
  const path = join(locking.dir, name);
  const text = await ownMark(readText);
  await untilAcquired(name, path, text, locking);
  try {
    return await work();
  } finally {
    release(path, text);
  }
}

async function untilAcquired(name: string, path: string, text: string, locking: LockOptions): Promise<void> {
  const { say, budgetMs, signal } = locking;
  let hasSaid = false;
  const attempt = async () => {
    const held = await acquire(path, text, (mark) => ownerState(readText, mark));
    if (held === null) return;
    const holder = `process ${markIn(held).split("/")[0]}`;
    if (!hasSaid) say(`waiting for ${holder}, which holds the lock ${name}`);
    hasSaid = true;
    throw new Error(`${holder} has ${path}`);
  };
  try {
    // No attempt may be abandoned while this process runs: nothing would release a lock acquired after that.
    await waitFor(name, attempt, {
      budgetMs,
      intervalMs: 250,
      attemptTimeoutMs: budgetMs,
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (!(error instanceof WaitTimeoutError)) throw error;
    throw new PreflightError(error.message, `if that process no longer runs, remove ${path}`, { cause: error });
  }
}

/** Returns true when `path` now names the file `own` too, false when another file has that name. */
function isLinked(own: string, path: string): boolean {
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Returns the file's text, or null when the file does not exist. */
function textOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
