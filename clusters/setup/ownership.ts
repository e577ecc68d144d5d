/**
 * Whose is a cluster? Its Docker network carries labels of ours (../network.ts), among them the process that owns it.
 */
import type { Exec } from "../../lib/exec.ts";
import { LABELS } from "../network.ts";

/** A process that cannot be mistaken for a later one of the same number. */
export interface Owner {
  readonly pid: number;
  /** Start time in clock ticks since boot: field 22 of /proc/PID/stat (proc(5)). */
  readonly startTicks: number;
  /** /proc/sys/kernel/random/boot_id. */
  readonly bootId: string;
}

type ReadText = (path: string) => Promise<string | undefined>;

/** A network labelled as a cluster's; `owner` is the label's text, empty when there is none. */
export interface ClusterNetwork {
  readonly id: string;
  readonly cluster: string;
  readonly owner: string;
  /** Of the run that made it; empty when the label is missing. */
  readonly runDir: string;
}

/** The value of LABELS.owner for a process (default: this one); undefined where /proc does not tell. */
export async function ownerOf(readText: ReadText, pid: number = process.pid): Promise<string | undefined> {
  const startTicks = startTicksOf((await readText(`/proc/${pid}/stat`)) ?? "");
  const bootId = (await readText("/proc/sys/kernel/random/boot_id"))?.trim();
  return startTicks === undefined || bootId === undefined ? undefined : `${pid}/${startTicks}/${bootId}`;
}

/** Reads a label's value back; undefined when it is not one of ours. */
export function parseOwner(label: string): Owner | undefined {
  const found = /^(\d+)\/(\d+)\/([0-9a-f-]+)$/.exec(label);
  return found ? { pid: Number(found[1]), startTicks: Number(found[2]), bootId: found[3] ?? "" } : undefined;
}

/**
 * Whether the owner named by a label still runs: the same number, started at the same time, in the same boot. A label that
 * is a bare number was written where /proc does not tell, and then the number has to do.
 */
export async function ownerLives(readText: ReadText, label: string): Promise<boolean> {
  if (/^\d+$/.test(label)) return processExists(Number(label));
  const owner = parseOwner(label);
  return owner !== undefined && (await ownerOf(readText, owner.pid)) === label;
}

/** All networks that carry our cluster label; empty when the engine does not answer. */
export async function clusterNetworks(exec: Exec): Promise<ClusterNetwork[]> {
  const format = `{{.ID}}\t{{.Label "${LABELS.cluster}"}}\t{{.Label "${LABELS.owner}"}}\t{{.Label "${LABELS.runDir}"}}`;
  const argv = ["docker", "network", "ls", "--filter", `label=${LABELS.cluster}`, "--format", format];
  return rows((await exec(argv)).stdout).map(([id = "", cluster = "", owner = "", runDir = ""]) => ({
    id,
    cluster,
    owner,
    runDir,
  }));
}

/** Names of all kind clusters of the engine, ours or not; empty when it does not answer. */
export async function kindClusterNames(exec: Exec): Promise<string[]> {
  const label = "io.x-k8s.kind.cluster";
  const format = `{{.Label "${label}"}}`;
  const { stdout } = await exec(["docker", "ps", "--all", "--filter", `label=${label}`, "--format", format]);
  return [...new Set(rows(stdout).map(([name = ""]) => name))].sort();
}

function rows(stdout: string): string[][] {
  return stdout
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => line.split("\t"));
}

function processExists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Field 22; counted after the command's name, which is in parentheses and may hold anything. */
function startTicksOf(stat: string): number | undefined {
  const afterName = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return afterName[19] === undefined ? undefined : Number(afterName[19]);
}
