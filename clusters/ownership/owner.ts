/**
 * Whose is a cluster? Its Docker network carries labels of ours (../network.ts), among them the mark of the process that owns it.
 */
import { readlinkSync } from "node:fs";
import type { Exec } from "../../lib/host/exec.ts";
import { LABELS } from "./closing-rule.ts";

/** A process that cannot be mistaken for a later one of the same number, nor for one of another container. */
export interface Owner {
  readonly pid: number;
  /** Start time in clock ticks since boot: field 22 of /proc/PID/stat (proc(5)). */
  readonly startTicks: number;
  /** /proc/sys/kernel/random/boot_id. */
  readonly bootId: string;
  /** The inode of its pid namespace (pid_namespaces(7)); null in marks of before it was written down. */
  readonly pidNamespace: string | null;
}

/**
 * `unseen`: it is of another pid namespace (two containers can share an engine and a home directory), so from here nobody can tell whether it runs. Who
 * deletes must take it for living.
 */
export type OwnerState = "lives" | "gone" | "unseen";

type ReadText = (path: string) => Promise<string | undefined>;

/** A network labelled as a cluster's; `owner` is the label's text, empty when there is none. */
export interface ClusterNetwork {
  readonly id: string;
  readonly cluster: string;
  readonly owner: string;
  /** Of the run that made it; empty when the label is missing. */
  readonly runDir: string;
  /** Milliseconds since 1970, by the engine's clock; null when that is not understood. */
  readonly madeAtMs: number | null;
}

/** The mark of a process (default: this one); undefined where /proc does not tell. */
export async function ownerOf(
  readText: ReadText,
  pid: number = process.pid,
  pidNamespace = ownPidNamespace(),
): Promise<string | undefined> {
  const startTicks = startTicksOf((await readText(`/proc/${pid}/stat`)) ?? "");
  const bootId = (await readText("/proc/sys/kernel/random/boot_id"))?.trim();
  if (startTicks === undefined || bootId === undefined) return undefined;
  return [pid, startTicks, bootId, ...(pidNamespace === undefined ? [] : [pidNamespace])].join("/");
}

/** This process's mark, or where /proc does not tell its bare number. */
export async function ownMark(readText: ReadText): Promise<string> {
  return (await ownerOf(readText)) ?? String(process.pid);
}

/** Reads a mark back; undefined when it is not one of ours. */
export function parseOwner(mark: string): Owner | undefined {
  const found = /^(\d+)\/(\d+)\/([0-9a-f-]+)(?:\/(\d+))?$/.exec(mark);
  if (!found) return undefined;
  const [, pid, startTicks, bootId = "", pidNamespace = null] = found;
  return { pid: Number(pid), startTicks: Number(startTicks), bootId, pidNamespace };
}

/**
 * What became of the owner that a mark names: the same number, started at the same time, in the same boot and pid namespace, is the same process. A mark
 * that is a bare number was written where /proc does not tell, and then the number has to do; no mark at all is nobody's.
 */
export async function ownerState(
  readText: ReadText,
  mark: string,
  pidNamespace = ownPidNamespace(),
): Promise<OwnerState> {
  if (mark === "") return "gone";
  if (/^\d+$/.test(mark)) return processExists(Number(mark)) ? "lives" : "gone";
  const owner = parseOwner(mark);
  const bootId = (await readText("/proc/sys/kernel/random/boot_id"))?.trim();
  if (owner === undefined || bootId === undefined) return "unseen";
  if (owner.bootId !== bootId) return "gone";
  if (owner.pidNamespace !== null && owner.pidNamespace !== pidNamespace) return "unseen";
  const stat = (await readText(`/proc/${owner.pid}/stat`)) ?? "";
  return startTicksOf(stat) === owner.startTicks && !hasEnded(stat) ? "lives" : "gone";
}

/** Whether the owner is seen to run. */
export async function ownerLives(readText: ReadText, mark: string): Promise<boolean> {
  return (await ownerState(readText, mark)) === "lives";
}

/** All networks that carry our cluster label; empty when the engine does not answer. */
export async function clusterNetworks(exec: Exec): Promise<ClusterNetwork[]> {
  const labels = [LABELS.cluster, LABELS.owner, LABELS.runDir].map((label) => `{{.Label "${label}"}}`);
  const format = ["{{.ID}}", "{{.CreatedAt}}", ...labels].join("\t");
  const argv = ["docker", "network", "ls", "--filter", `label=${LABELS.cluster}`, "--format", format];
  return rows((await exec(argv)).stdout).map(([id = "", madeAt = "", cluster = "", owner = "", runDir = ""]) => ({
    ...{ id, cluster, owner, runDir },
    madeAtMs: engineTimeMs(madeAt),
  }));
}

/** Docker's lists print times as Go does: `2026-11-21 14:41:58.123456789 +0000 UTC`. Null when it is no such time. */
export function engineTimeMs(text: string): number | null {
  const found = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d+)? ([+-]\d\d)(\d\d)/.exec(text);
  const parsed = found ? Date.parse(`${found[1]}T${found[2]}${found[3]}:${found[4]}`) : Number.NaN;
  return Number.isNaN(parsed) ? null : parsed;
}

/** What a list with tabs between its columns holds. */
export function rows(stdout: string): string[][] {
  return stdout
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => line.split("\t"));
}

/** Undefined where there is no /proc. */
function ownPidNamespace(): string | undefined {
  try {
    return /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0];
  } catch {
    return undefined;
  }
}

function processExists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** A process that has ended stays as a zombie until its parent asks for it, in some containers for ever. */
function hasEnded(stat: string): boolean {
  return /^[ZX]$/.test(fieldsAfterName(stat)[0] ?? "");
}

function startTicksOf(stat: string): number | undefined {
  const ticks = fieldsAfterName(stat)[19];
  return ticks === undefined ? undefined : Number(ticks);
}

/** Fields 3 and on: the name before them is in parentheses and may hold anything. */
function fieldsAfterName(stat: string): readonly string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}
