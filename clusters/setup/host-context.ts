/** The real machine as a CheckContext: the only file of set-up that reads this process's environment. */
import { constants } from "node:fs";
import { access, readFile, stat, statfs } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { hostAt } from "../../lib/host/host.ts";
import type { TimeScale } from "../../lib/host/time-scale.ts";
import { cacheDir } from "../ownership/cache-dir.ts";
import { withLock } from "../ownership/lock.ts";
import type { CheckContext } from "./check.ts";

export interface HostContextOptions {
  readonly timeScale: TimeScale;
  readonly progress?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** Long enough for packages from a slow mirror and for questions to a person. */
const SET_UP_BUDGET_MS = 20 * 60_000;

/** Returns the context of this machine. */
export function hostContext(options: HostContextOptions): CheckContext {
  const progress = options.progress ?? (() => undefined);
  const ownCacheDir = cacheDir(process.env);
  const signal = options.signal ?? new AbortController().signal;
  const locking = { dir: join(ownCacheDir, "locks"), say: progress, budgetMs: SET_UP_BUDGET_MS, signal };
  return {
    ...hostAt(options.timeScale),
    env: process.env,
    platform: process.platform,
    arch: process.arch,
    uid: process.geteuid?.() ?? -1,
    cacheDir: ownCacheDir,
    readText: (path) => readFile(path, "utf8").catch(() => undefined),
    which: (name) => which(name, process.env["PATH"] ?? ""),
    freeBytes,
    signal,
    progress,
    withLock: (work) => withLock("set-up", locking, work),
  };
}

async function which(name: string, path: string): Promise<string | undefined> {
  // Daemons are in sbin, which is not on every user's PATH.
  for (const folder of [...path.split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin"]) {
    if (!folder.startsWith("/")) continue;
    const candidate = join(folder, name);
    const executable = await access(candidate, constants.X_OK).then(
      async () => (await stat(candidate)).isFile(),
      () => false,
    );
    if (executable) return candidate;
  }
  return undefined;
}

async function freeBytes(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch (error) {
    if (path === dirname(path)) throw error;
    return await freeBytes(dirname(path));
  }
}
