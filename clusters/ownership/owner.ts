/**
 * The owner of a cluster: its Docker network carries our labels (closing-rule.ts), among them the mark of the owning
 * process.
 */
import { readlinkSync } from "node:fs";
import type { Exec } from "../../lib/host/exec.ts";
import { LABELS } from "./closing-rule.ts";

/** A process, distinguishable from later ones of the same number and from those of other containers. */
export interface Owner {
  readonly pid: number;
  /** Start time in clock ticks since boot: field 22 of /proc/PID/stat (proc(5)). */
  readonly startTicks: number;
  /** /proc/sys/kernel/random/boot_id. */
  readonly bootId: string;
  /** The inode of its pid namespace (pid_namespaces(7)); null in marks of older versions. */
  readonly pidNamespace: string | null;
}

/**
 * `unseen`: the owner is in another pid namespace (two containers can share an engine and a home directory), so this
 * process cannot tell if it runs. Code that deletes must treat it as living.
 */
export type OwnerState = "lives" | "gone" | "unseen";

type ReadText = (path: string) => Promise<string | undefined>;

/** A network with our cluster label; `owner` is the owner label's text, empty when the label is missing. */
export interface ClusterNetwork {
  readonly id: string;
  readonly cluster: string;
  readonly owner: string;
  /** The run that made it; empty when the label is missing. */
  readonly runDir: string;
  /** Milliseconds since 1970, by the engine's clock; null when the time does not parse. */
  readonly madeAtMs: number | null;
}

/** Returns the mark of a process (default: this one), or undefined where /proc lacks the facts. */
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

/** Returns this process's mark, or its bare number where /proc lacks the facts. */
export async function ownMark(readText: ReadText): Promise<string> {
  return (await ownerOf(readText)) ?? String(process.pid);
}

/** Parses a mark; returns undefined when it is not one of ours. */
export function parseOwner(mark: string): Owner | undefined {
  const match = /^(\d+)\/(\d+)\/([0-9a-f-]+)(?:\/(\d+))?$/.exec(mark);
  if (!match) return undefined;
  const [, pid, startTicks, bootId = "", pidNamespace = null] = match;
  return { pid: Number(pid), startTicks: Number(startTicks), bootId, pidNamespace };
}

/**
 * Returns the state of the owner that a mark names. The same number with the same start time, boot and pid namespace is
 * the same process. A bare number comes from a machine where /proc lacks the facts, and is compared by number only. An
 * empty mark means no owner: gone.
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

/** Returns true when the owner is seen to run. */
export async function ownerLives(readText: ReadText, mark: string): Promise<boolean> {
  return (await ownerState(readText, mark)) === "lives";
}

/** Returns all networks with our cluster label, or none when the engine does not answer. */
export async function clusterNetworks(exec: Exec): Promise<ClusterNetwork[]> {
  const labels = [LABELS.cluster, LABELS.owner, LABELS.runDir].map((label) => `{{.Label "${label}"}}`);
  const format = ["{{.ID}}", "{{.CreatedAt}}", ...labels].join("\t");
  const argv = ["docker", "network", "ls", "--filter", `label=${LABELS.cluster}`, "--format", format];
  return rows((await exec(argv)).stdout).map(([id = "", madeAt = "", cluster = "", owner = "", runDir = ""]) => ({
    id,
    cluster,
    owner,
    runDir,
    madeAtMs: engineTimeMs(madeAt),
  }));
}

/**
 * Parses a time from Docker's lists, in Go's format: `2026-11-21 14:41:58.123456789 +0000 UTC`. Null for any other
 * text.
 */
export function engineTimeMs(text: string): number | null {
  const match = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d+)? ([+-]\d\d)(\d\d)/.exec(text);
  const parsed = match ? Date.parse(`${match[1]}T${match[2]}${match[3]}:${match[4]}`) : Number.NaN;
  return Number.isNaN(parsed) ? null : parsed;
}

/** Returns the rows of a list whose columns are separated by tabs, without blank lines. */
export function rows(stdout: string): string[][] {
  return stdout
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => line.split("\t"));
}

/** Returns the inode of this process's pid namespace, or undefined where there is no /proc. */
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
    // EPERM: the process exists, under another user.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Returns true for a zombie: it has ended and waits for its parent to reap it, in some containers for ever. */
function hasEnded(stat: string): boolean {
  return /^[ZX]$/.test(fieldsAfterName(stat)[0] ?? "");
}

function startTicksOf(stat: string): number | undefined {
  const ticks = fieldsAfterName(stat)[19];
  return ticks === undefined ? undefined : Number(ticks);
}

/** Returns the fields from the third on. The name before them is in parentheses and may hold any character. */
function fieldsAfterName(stat: string): readonly string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}
