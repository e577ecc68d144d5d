import { existsSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../../lib/host/errors.ts";
import type { ClusterRecord } from "../../lib/model/cluster.ts";
import { describeFault } from "../../lib/faults/registry.ts";
import { listOpenFaults, readJournal } from "../../lib/journal/read.ts";
import { cellDirs, listRuns, readClusterRecord, RUNS } from "./run-dir.ts";
import { describeTaint, readMark, runOf, taintedIn } from "./taint-mark.ts";

/** The record of a cluster that an earlier run kept. Throws UsageError when no run here knows it. */
export function keptCluster(name: string, runs = RUNS): ClusterRecord {
  const used = clustersUsed(runs);
  const found = used.find(({ record }) => record.name === name);
  if (found) return found.record;
  const names = [...new Set(used.map(({ record }) => record.name))];
  const known = names.length > 0 ? names.join(", ") : "none";
  throw new UsageError(
    `cluster "${name}" was not made by a run of this checkout`,
    `clusters known here: ${known}; make one with --keep always`,
  );
}

const START_ANEW = "delete it with ./faultline gc, and make a new one with --keep always";

/**
 * Throws UsageError for a cluster with a tainted node, or with faults of an earlier run that may still be in force. The
 * caller ensures that no run uses the cluster: such a run has its faults in force rightly.
 */
export function mustBeAsNew(name: string, runs = RUNS): void {
  const taint = taintOf(name, runs);
  if (taint !== null) throw new UsageError(`cluster "${name}" is not used again: ${taint}`, START_ANEW);
  for (const dir of cellsOn(name, runs)) {
    const path = join(dir, "journal.ndjson");
    if (!existsSync(path)) continue;
    const journal = readJournal(path);
    const [open] = listOpenFaults(journal);
    const may = `cluster "${name}" may have a fault in force`;
    if (open) {
      const what = describeFault(open.intent.nodeFault);
      throw new UsageError(`${may}: run ${runOf(dir)} left ${what}`, "undo it: ./faultline heal");
    }
    if (journal.damaged.length > 0) throw new UsageError(`${may}: ${path}: ${journal.damaged[0]}`, START_ANEW);
  }
}

/**
 * Returns the tainted nodes of a cluster with scenario and reason, in a line; null if there are none. Reads its mark,
 * and the logs of the runs that used it, since a killed run may not have written the mark. A log that cannot be read
 * may hide a taint, and counts as one.
 */
export function taintOf(name: string, runs = RUNS): string | null {
  for (const { dir, record } of clustersUsed(runs).filter((one) => one.record.name === name)) {
    const mark = readMark(record);
    if (mark !== null) return mark;
    try {
      const [tainted] = taintedIn(dir);
      if (tainted) return describeTaint(tainted, runOf(dir));
    } catch (error) {
      return `what run ${runOf(dir)} did to it cannot be told: ${(error as Error).message}`;
    }
  }
  return null;
}

/** The records of all clusters that runs here used, each once, the newest first. */
export function clustersKnown(runs = RUNS): readonly ClusterRecord[] {
  const used = clustersUsed(runs).map(({ record }) => record);
  return [...new Map(used.toReversed().map((record) => [record.name, record])).values()].reverse();
}

interface Use {
  /** The cell's folder in the run that used the cluster. */
  readonly dir: string;
  readonly record: ClusterRecord;
}

/** Every use of every cluster by a run, the newest first. */
function clustersUsed(runs: string): readonly Use[] {
  return listRuns(runs)
    .toReversed()
    .flatMap((run) => cellDirs(join(runs, run)))
    .filter((dir) => existsSync(join(dir, "cluster.json")))
    .map((dir) => ({ dir, record: readClusterRecord(dir) }));
}

/** The cells' folders of the runs that used a cluster, the newest first. */
export function cellsOn(name: string, runs = RUNS): readonly string[] {
  return clustersUsed(runs)
    .filter(({ record }) => record.name === name)
    .map(({ dir }) => dir);
}
