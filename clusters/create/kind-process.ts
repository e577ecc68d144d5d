/**
 * Finds and kills `kind create cluster`. It runs in its own process group (lib/host/exec.ts), so it outlives a killed
 * run and goes on creating nodes.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface KindProcess {
  readonly pid: number;
  /** Its process group (proc(5), stat, field 5). */
  readonly group: number;
}

/** Returns the processes that create the named cluster, as /proc shows them; none where there is no /proc. */
export function creatorsOf(cluster: string, proc = "/proc"): readonly KindProcess[] {
  const pids = names(proc).filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    const argv = text(join(proc, pid, "cmdline")).split("\0");
    if (!creates(argv, cluster)) return [];
    const stat = text(join(proc, pid, "stat"));
    const group = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]);
    return Number.isInteger(group) ? [{ pid: Number(pid), group }] : [];
  });
}

/**
 * Kills these processes with the commands they started; returns their number. Only for a cluster without a living
 * owner.
 */
export function stopCreatorsOf(cluster: string): number {
  const creators = creatorsOf(cluster);
  for (const { pid, group } of creators) {
    // Our kind leads its group. One that another program started does not, and that group is not ours to kill.
    kill(group === pid ? -group : pid);
  }
  return creators.length;
}

/** argv: [kind, "create", "cluster", "--name", NAME, …], as createByKind builds it. */
function creates(argv: readonly string[], cluster: string): boolean {
  return argv.slice(1, 5).join(" ") === `create cluster --name ${cluster}`;
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Returns the file's text, empty for a process that has ended in the meantime. */
function text(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
