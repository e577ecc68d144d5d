import { join } from "node:path";
import { cellId, type Cell } from "../../lib/model/cell.ts";
import type { ClusterRecord } from "../../lib/model/cluster.ts";
import { FaultlineError, NotUndoneError, PreflightError } from "../../lib/host/errors.ts";
import type { Event } from "../../lib/events/event.ts";
import type { Mode } from "../../lib/model/mode.ts";
import { readEventLog, type Emit } from "../../lib/events/event-log.ts";
import type { ScenarioResult } from "../../lib/verdict/result.ts";
import type { Scenario } from "../../lib/scenario/spec.ts";
import { judgeLog } from "../../lib/verdict/run.ts";
import { stage } from "../../clusters/create/create.ts";
import { deleteCluster } from "../../clusters/create/delete.ts";
import { nodePartsOf } from "../../clusters/cells/cells.ts";
import { ensureNodeImage, type NodeImage } from "../../clusters/image/node-image.ts";
import { leases } from "../../clusters/ownership/lease.ts";
import { clusterName } from "../../clusters/create/network.ts";
import type { CheckContext } from "../../clusters/setup/check.ts";
import { kindPath } from "../../clusters/setup/kind.ts";
import { ownMark } from "../../clusters/ownership/owner.ts";
import { runInLane } from "./cell-in-lane.ts";
import { buildProgress, machine } from "../host/prepare.ts";
import type { Progress } from "../host/progress.ts";
import { cellEmit, dispose, runCell, type CellJob, type Ending, type Keep } from "./run-cell.ts";
import { cellDir, cellPath, type RunHeader } from "../store/run-dir.ts";
import type { RunOptions } from "./run-options.ts";
import { unitsLeft, workUnitsOf, type WorkUnit } from "./work-units.ts";
import type { Turn } from "../host/parallel.ts";
import type { Interruption } from "../host/signals.ts";
import { markTainted } from "../store/taint-mark.ts";

/** One cell of a run, and what it is run with. */
export interface CellWork {
  readonly cell: Cell;
  readonly index: number;
  readonly dir: string;
  readonly header: RunHeader;
  readonly options: RunOptions;
  readonly modes: readonly Mode[];
  readonly files: readonly string[];
  readonly scenarios: readonly Scenario[];
  readonly reuse: ClusterRecord | null;
  readonly interruption: Interruption;
  readonly progress: Progress;
  /** For its suites: on a small machine those of another cell must have ended. */
  readonly turn: Turn;
}

/** How a cell's cluster is made, used and deleted; tests bring their own. */
export interface CellTools {
  readonly context: Pick<CheckContext, "exec" | "timeScale" | "which" | "cacheDir" | "readText">;
  readonly ensureNodeImage: typeof ensureNodeImage;
  readonly runCell: typeof runCell;
  readonly runInLane: typeof runInLane;
  readonly deleteCluster: (cluster: string) => Promise<void>;
}

const onThisMachine = (): CellTools => {
  const context = machine();
  const deleted = (cluster: string) => deleteCluster(cluster, { exec: context.exec });
  return { context, ensureNodeImage, runCell, runInLane, deleteCluster: deleted };
};

/** What a cell's log does not say. */
export interface CellEnd {
  readonly notUndone: number;
  /** The machine lacked something that only showed now (the node image could not be built, say). */
  readonly preflight: boolean;
}

/** A cell that taints cluster after cluster is broken itself. */
const MOST_CLUSTERS = 3;

/**
 * Runs one cell from its image to its end and logs its errors. After a taint the remaining suites run on a new cluster,
 * with a folder and log of its own. On a kept cluster they do not: the user asked for that cluster.
 */
export async function inCell(work: CellWork, tools = onThisMachine()): Promise<CellEnd> {
  let workUnits = workUnitsOf(work.modes, work.files);
  const end = { notUndone: 0, preflight: false };
  for (let nth = 1; workUnits.length > 0 && nth <= MOST_CLUSTERS; nth += 1) {
    const { notUndone, preflight } = await onCluster(work, nth, workUnits, tools);
    end.notUndone += notUndone;
    end.preflight ||= preflight;
    if (!mayReplace(work, notUndone)) break;
    workUnits = unitsLeft(workUnits, logIn(cellPath(work.dir, cellId(work.cell), nth)));
  }
  return end;
}

/** What reached beyond the nodes is not left behind with the cluster. */
function mayReplace({ reuse, interruption, options }: CellWork, notUndone: number): boolean {
  return reuse === null && !interruption.signal.aborted && !(options.allowHostWide && notUndone > 0);
}

/** The `nth` cluster of a cell, from its making to its end. */
async function onCluster(
  work: CellWork,
  nth: number,
  workUnits: readonly WorkUnit[],
  tools: CellTools,
): Promise<CellEnd> {
  const { cell, header, options, interruption, progress } = work;
  const dir = cellDir(work.dir, cellId(cell), nth);
  const emit = cellEmit(dir, cell);
  const startedAtMs = performance.now();
  emit({ type: "cell-started", runId: header.runId, cell, facts: factsOf(work) });
  const following = progress.follow(cellId(cell), join(dir, "events.ndjson"));
  let failed = true;
  let job: CellJob | null = null;
  try {
    if (cell.kernel !== undefined) return await tools.runInLane({ ...work, nth, workUnits }, dir, emit);
    const ordered = await cellJob({ ...work, nth, workUnits }, dir, emit, tools);
    if (nth > 1) emit({ type: "note", text: goesOn(ordered.clusterName, workUnits) });
    await ordered.leases.take(ordered.clusterName, ordered.owner, dir);
    job = ordered;
    await tools.runCell(job, emit);
    failed = judgeLog(readEventLog(join(dir, "events.ndjson"))).some(isBad);
    return { notUndone: 0, preflight: false };
  } catch (error) {
    const { message } = error as Error;
    const next = error instanceof FaultlineError ? `\n${error.nextStep}` : "";
    emit({ type: "note", text: `stopped: ${message}${next}` });
    return { notUndone: error instanceof NotUndoneError ? 1 : 0, preflight: error instanceof PreflightError };
  } finally {
    const tainted = markTainted(dir, emit).length > 0;
    if (job && !interruption.hurried()) await disposeOf(job, options.keep, { failed, tainted }, emit, tools);
    job?.leases.release(job.clusterName);
    emit({ type: "cell-finished", durationMs: Math.round(performance.now() - startedAtMs) });
    following.stop();
  }
}

/** The kernel is that of the VM where there is one; which release of it, the VM says. */
function factsOf({ header, cell }: CellWork): RunHeader["facts"] {
  return cell.kernel === undefined ? header.facts : { ...header.facts, kernel: cell.kernel };
}

function goesOn(cluster: string, workUnits: readonly WorkUnit[]): string {
  const suites = workUnits.reduce((sum, { suiteFiles }) => sum + suiteFiles.length, 0);
  return `${suites} suites that a tainted cluster left go on on a new one, ${cluster}`;
}

/** Nothing where it cannot be read: then nothing tells what is left. */
function logIn(dir: string): readonly Event[] {
  try {
    return readEventLog(join(dir, "events.ndjson"));
  } catch {
    return [];
  }
}

/** In a selfcheck a fail is what is wanted. */
function isBad({ verdict, mode }: ScenarioResult): boolean {
  return verdict === "unknown" || (verdict === "fail" && mode === "as-claimed");
}

async function disposeOf(job: CellJob, keep: Keep, ending: Ending, emit: Emit, tools: CellTools): Promise<void> {
  try {
    await dispose(job, keep, ending, emit, tools.deleteCluster);
  } catch (error) {
    emit({
      type: "note",
      text: `cluster ${job.clusterName} not deleted: ${(error as Error).message}; run ./faultline gc`,
    });
  }
}

async function nodeImage(work: CellWork, emit: Emit, tools: CellTools): Promise<NodeImage> {
  const { progress, interruption } = work;
  return await stage({ emit, name: "node image" }, "node-image", () =>
    tools.ensureNodeImage({
      parts: nodePartsOf(work.cell),
      exec: tools.context.exec,
      signal: interruption.signal,
      say: (line) => progress.line(line),
      progress: buildProgress((line) => progress.line(line)),
    }),
  );
}

interface OnCluster extends CellWork {
  readonly nth: number;
  readonly workUnits: readonly WorkUnit[];
}

async function cellJob(work: OnCluster, dir: string, emit: Emit, tools: CellTools): Promise<CellJob> {
  const { context } = tools;
  const kind = await kindPath(context);
  if (kind === undefined) throw new Error("kind is gone since set-up; run ./faultline doctor");
  const isKept = work.reuse === null && work.options.keep !== "never";
  return {
    host: context,
    cell: work.cell,
    // Those that replace another are counted on behind the run's last cell.
    clusterName:
      work.reuse?.name ?? clusterName(work.header.runId, work.index + (work.nth - 1) * work.header.cells.length),
    dir,
    image: () => nodeImage(work, emit, tools),
    kind,
    owner: await ownMark(context.readText),
    leases: leases(context.cacheDir, context.readText),
    workUnits: work.workUnits,
    scenarios: work.scenarios,
    mochaReporter: work.options.reporter ?? null,
    evidence: work.options.evidence,
    repeats: work.options.repeat ?? 1,
    reach: { allowHostWide: work.options.allowHostWide },
    // Who deletes it in any case has no use for it.
    baselineLabel: isKept ? { runId: work.header.runId, recordedAt: work.header.startedAt } : null,
    reuse: work.reuse,
    readyBudgetMs: work.options.readyTimeout * 1000,
    signal: work.interruption.signal,
    turn: work.turn,
  };
}
