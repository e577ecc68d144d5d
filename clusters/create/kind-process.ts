/**
 * `kind create cluster` runs in a process group of its own (lib/host/exec.ts), so it outlives a run that is killed, and goes on making nodes.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface KindProcess {
  readonly pid: number;
  /** Its process group (proc(5), stat, field 5). */
  readonly group: number;
}

/** The processes that create the cluster of that name, as far as /proc shows them; none where there is no /proc. */
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

/** Ends them with the commands they have started; how many there were. Only for a cluster that nobody living has. */
export function stopCreatorsOf(cluster: string): number {
  const creators = creatorsOf(cluster);
  for (const { pid, group } of creators) {
    // It leads its group, unless somebody else than we started it: then the group is theirs.
    kill(group === pid ? -group : pid);
  }
  return creators.length;
}

/** argv: [kind, "create", "cluster", "--name", NAME, …], as createByKind has it. */
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

/** Empty for a process that has ended meanwhile. */
function text(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
