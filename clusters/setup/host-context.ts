/**
 * The real machine as a CheckContext: the only file of set-up that reads this process's environment.
 */
import { constants } from "node:fs";
import { access, readFile, stat, statfs } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { hostExec, mustExec } from "../../lib/exec.ts";
import { removeClosedNetwork } from "../network.ts";
import type { CheckContext } from "./check.ts";
import { kindPath } from "./kind.ts";

export interface HostContextOptions {
  readonly wantedClusters?: readonly string[];
  readonly progress?: (line: string) => void;
  /** Default: `kind delete cluster`, then the cluster's closed network. */
  readonly deleteCluster?: (name: string) => Promise<void>;
}

/** This machine. */
export function hostContext(options: HostContextOptions = {}): CheckContext {
  const context: CheckContext = {
    exec: hostExec,
    env: process.env,
    platform: process.platform,
    arch: process.arch,
    uid: process.geteuid?.() ?? -1,
    cacheDir: cacheDir(process.env),
    wantedClusters: options.wantedClusters ?? [],
    readText: (path) => readFile(path, "utf8").catch(() => undefined),
    which: (name) => which(name, process.env["PATH"] ?? ""),
    freeBytes,
    progress: options.progress ?? (() => undefined),
    deleteCluster: options.deleteCluster ?? ((name) => deleteByKind(context, name)),
  };
  return context;
}

/** Where what set-up brings is kept between runs (XDG base directory specification). */
export function cacheDir(env: Readonly<Record<string, string | undefined>>): string {
  const base = env["XDG_CACHE_HOME"];
  // The specification says that a relative path is to be ignored.
  return join(base?.startsWith("/") ? base : join(homedir(), ".cache"), "faultline");
}

async function which(name: string, path: string): Promise<string | undefined> {
  // Daemons live in sbin, which is not on everyone's PATH.
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

async function deleteByKind(context: CheckContext, name: string): Promise<void> {
  const kind = (await kindPath(context)) ?? "kind";
  await mustExec(context.exec, [kind, "delete", "cluster", "--name", name, "--kubeconfig", "/dev/null"], {
    timeoutMs: 120_000,
  });
  await removeClosedNetwork(name, context.exec);
}
