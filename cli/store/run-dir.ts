import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { cellId, type Cell } from "../../lib/model/cell.ts";
import type { ClusterRecord } from "../../lib/model/cluster.ts";
import { UndecidedError, UsageError } from "../../lib/host/errors.ts";
import type { Event } from "../../lib/events/event.ts";
import { readEventLog } from "../../lib/events/event-log.ts";
import type { RunRecord } from "../../lib/verdict/result.ts";
import { spanMs } from "../../lib/events/elapsed.ts";

export const RUNS = fileURLToPath(new URL("../../runs/", import.meta.url));

/** What `run.json` holds from the start; `durationMs` comes with the end. */
export interface RunHeader {
  readonly runId: string;
  readonly startedAt: string;
  readonly command: readonly string[];
  readonly facts: Readonly<Record<string, string>>;
  readonly cells: readonly Cell[];
  /** The process that owns the run (clusters/ownership/owner.ts): while it lives, the run's faults are its own. */
  readonly owner: string;
  readonly durationMs: number | null;
  /** Absent in a run of suites. An observation has no event log, and so no report. */
  readonly kind?: "observation";
}

/** `20261121-114400-k3x9`: sorts by time, and is a legal part of names. */
export function newRunId(now: Date, random: number): string {
  const [date = "", time = ""] = now.toISOString().split("T");
  const suffix = Math.floor(random * 36 ** 4)
    .toString(36)
    .padStart(4, "0");
  return `${date.replaceAll("-", "")}-${time.slice(0, 8).replaceAll(":", "")}-${suffix}`;
}

/** Makes the run's directory (mode 0700), and points runs/latest at it unless it is of an observation. */
export function createRunDir(header: RunHeader): string {
  const dir = join(RUNS, header.runId);
  mkdirSync(RUNS, { recursive: true, mode: 0o700 });
  // It must not be there: of two runs with one name the second would write into the first's.
  mkdirSync(dir, { mode: 0o700 });
  mkdirSync(join(dir, "cells"), { mode: 0o700 });
  writeHeader(dir, header);
  if (header.kind === "observation") return dir;
  const link = join(RUNS, `.latest-${header.runId}`);
  symlinkSync(header.runId, link);
  renameSync(link, join(RUNS, "latest"));
  return dir;
}

export function writeHeader(dir: string, header: RunHeader): void {
  writeAtomically(join(dir, "run.json"), `${JSON.stringify(header, null, 2)}\n`);
}

/** Whole or not at all: a reader never sees half a report. Throws UndecidedError when it cannot be written. */
export function writeAtomically(path: string, text: string): void {
  const partial = `${path}.partial`;
  try {
    writeFileSync(partial, text, { mode: 0o600 });
    renameSync(partial, path);
  } catch (error) {
    rmSync(partial, { force: true });
    const { message } = error as Error;
    throw new UndecidedError(
      `${path} could not be written: ${message}`,
      "make room there; ./faultline report tells the rest",
    );
  }
}

/** A cell's own folder in a run; one for each cluster that it is run on. */
export function cellDir(runDir: string, cell: string, nth = 1): string {
  const dir = cellPath(runDir, cell, nth);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  return dir;
}

/**
 * Returns the path of a cell's folder, existing or not: `CELL`, and `CELL~2`, `CELL~3` for its replacement clusters.
 * Pure.
 */
export function cellPath(runDir: string, cell: string, nth = 1): string {
  return join(runDir, "cells", `${cell.replace(/[^a-zA-Z0-9.@-]/g, "_")}${nth === 1 ? "" : `~${nth}`}`);
}

/** What a run said of itself when it began. */
export function readHeader(dir: string): RunHeader {
  // Runs of the first days did not name their owner: their processes have ended.
  const header = JSON.parse(readFileSync(join(dir, "run.json"), "utf8")) as Omit<RunHeader, "owner"> &
    Partial<RunHeader>;
  return { ...header, owner: header.owner ?? "" };
}

/** The directory of a run named by id, by path, or `latest`. Throws UsageError when there is none. */
export function findRunDir(name: string): string {
  const candidates = [join(RUNS, name), resolve(name)];
  const found = candidates.find((dir) => existsSync(join(dir, "run.json")));
  if (found) return found;
  throw new UsageError(
    `run "${name}" is not known: no run.json in ${candidates.join(" or ")}`,
    "see ./faultline list runs",
  );
}

/** All runs of a directory of runs, oldest first. */
export function listRuns(runs = RUNS): readonly string[] {
  if (!existsSync(runs)) return [];
  return readdirSync(runs)
    .filter((name) => name !== "latest" && existsSync(join(runs, name, "run.json")))
    .sort();
}

/** What a run left, as the verdict engine takes it: every cell of the run, also one whose log is gone or damaged. */
export function readRun(dir: string): RunRecord {
  const header = readHeader(dir);
  if (header.kind === "observation")
    throw new UsageError(
      `${header.runId} is an observation, not a run of suites`,
      `read ${join(dir, "observation.json")}`,
    );
  const logs = header.cells.map((cell) => wholeLog(header, cell, dir));
  return { ...header, durationMs: header.durationMs ?? spanMs(logs.flat()), logs };
}

/** The logs of all the clusters that a cell was run on, one after the other. */
function wholeLog(header: RunHeader, cell: Cell, dir: string): readonly Event[] {
  const path = (nth: number) => join(cellPath(dir, cellId(cell), nth), "events.ndjson");
  const logs = [cellLog(header, cell, path(1))];
  for (let nth = 2; existsSync(path(nth)); nth += 1) {
    const beside = join("..", basename(dirname(path(nth))));
    logs.push(cellLog(header, cell, path(nth)).map((event) => withEvidenceIn(beside, event)));
  }
  return logs.flat();
}

/** Evidence is told relative to its cluster's folder; a report tells it relative to the cell's. */
function withEvidenceIn(folder: string, event: Event): Event {
  if (event.type !== "evidence" || event.dir === null) return event;
  return { ...event, dir: join(folder, event.dir) };
}

function cellLog({ runId, facts, startedAt }: RunHeader, cell: Cell, path: string): readonly Event[] {
  const atMs = Date.parse(startedAt);
  const start: Event = { atMs, type: "cell-started", runId, cell, facts };
  const failed = (message: string): Event => ({
    atMs,
    type: "stage-failed",
    stage: "suites",
    durationMs: 0,
    message,
    exitCode: 2,
  });
  if (!existsSync(path)) return [start, failed("it never began: there is no event log")];
  try {
    const events = readEventLog(path);
    return events[0]?.type === "cell-started"
      ? events
      : [start, failed(`${path}: the log lacks its beginning`), ...events];
  } catch (error) {
    return [start, failed((error as Error).message)];
  }
}

/** The folders of a run's cells. */
export function cellDirs(dir: string): readonly string[] {
  const cells = join(dir, "cells");
  return existsSync(cells)
    ? readdirSync(cells)
        .sort()
        .map((name) => join(cells, name))
    : [];
}

/** The record of the cluster that a cell was run on, from the cell's folder. */
export function readClusterRecord(dir: string): ClusterRecord {
  return JSON.parse(readFileSync(join(dir, "cluster.json"), "utf8")) as ClusterRecord;
}
