import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { ClusterRecord } from "../../lib/model/cluster.ts";
import { readEventLog, type Emit } from "../../lib/events/event-log.ts";
import type { TaintedNode } from "../../lib/verdict/result.ts";
import { taintedNodes } from "../../lib/verdict/taint.ts";
import { readClusterRecord, writeAtomically } from "./run-dir.ts";

/** What `tainted.json` holds. */
interface Mark {
  /** The run that tainted the cluster; it need not be the one that made it. */
  readonly run: string;
  readonly tainted: readonly TaintedNode[];
}

/** The id of the run that a cell's folder is of. */
export function runOf(dir: string): string {
  return basename(dirname(dirname(dir)));
}

/**
 * Returns the taints that a cell's log records; empty if there is no log. Throws naming the line if the log is damaged.
 */
export function taintedIn(dir: string): readonly TaintedNode[] {
  const path = join(dir, "events.ndjson");
  return existsSync(path) ? taintedNodes(readEventLog(path)) : [];
}

/**
 * Marks the cell's cluster if one of its nodes is tainted; returns those nodes. The mark lies beside the kubeconfig,
 * which every use of the cluster needs, so it outlives the run's folder. A failure to write it goes to the log, which
 * records the taint too.
 */
export function markTainted(dir: string, emit: Emit): readonly TaintedNode[] {
  let tainted: readonly TaintedNode[] = [];
  try {
    tainted = taintedIn(dir);
    if (tainted.length === 0) return tainted;
    const mark: Mark = { run: runOf(dir), tainted };
    writeAtomically(markPath(readClusterRecord(dir)), `${JSON.stringify(mark, null, 2)}\n`);
  } catch (error) {
    emit({ type: "note", text: `no mark of what is tainted: ${(error as Error).message}` });
  }
  return tainted;
}

/** What a cluster's mark says, in a line; null where there is none. */
export function readMark(record: ClusterRecord): string | null {
  const path = markPath(record);
  if (!existsSync(path)) return null;
  try {
    const { run, tainted } = JSON.parse(readFileSync(path, "utf8")) as Mark;
    return tainted.map((one) => describeTaint(one, run)).join("; ");
  } catch (error) {
    return `tainted; by what cannot be told: ${path}: ${(error as Error).message}`;
  }
}

/** `node A (x-worker) was tainted by nodes/ip-forward in run R: route new: …`. */
export function describeTaint({ node, container, scenario, why }: TaintedNode, run: string): string {
  return `node ${node}${container === null ? "" : ` (${container})`} was tainted by ${scenario} in run ${run}: ${why}`;
}

function markPath({ kubeconfig }: ClusterRecord): string {
  return join(dirname(kubeconfig), "tainted.json");
}
