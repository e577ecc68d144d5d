import { existsSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../lib/errors.ts";
import type { ClusterRecord } from "../lib/cluster.ts";
import { readClusterRecord } from "./run-cell.ts";
import { cellDirs, listRuns, RUNS } from "./run-dir.ts";

/** The record of a cluster that an earlier run kept. Throws UsageError when no run here knows it. */
export function keptCluster(name: string): ClusterRecord {
  const records = listRuns()
    .toReversed()
    .flatMap((run) => cellDirs(join(RUNS, run)))
    .filter((dir) => existsSync(join(dir, "cluster.json")))
    .map(readClusterRecord);
  const found = records.find((record) => record.name === name);
  if (found) return found;
  const names = [...new Set(records.map((record) => record.name))];
  const known = names.length > 0 ? names.join(", ") : "none";
  throw new UsageError(
    `cluster "${name}" was not made by a run of this checkout`,
    `clusters known here: ${known}; make one with --keep always`,
  );
}
