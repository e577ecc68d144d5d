import { join } from "node:path";
import { cellId, type Cell } from "../lib/cell.ts";
import type { ClusterRecord } from "../lib/cluster.ts";
import { FaultlineError, NotUndoneError, PreflightError } from "../lib/errors.ts";
import type { Mode } from "../lib/event.ts";
import { readEventLog, type Emit } from "../lib/event-log.ts";
import { hostExec } from "../lib/exec.ts";
import type { ScenarioResult } from "../lib/run.ts";
import type { Scenario } from "../lib/scenario.ts";
import { judgeLog } from "../lib/verdict/run.ts";
import { stage } from "../clusters/create.ts";
import { nodePartsOf } from "../clusters/cells.ts";
import { ensureNodeImage, type NodeImage } from "../clusters/image/node-image.ts";
import { leases } from "../clusters/lease.ts";
import { clusterName } from "../clusters/network.ts";
import { kindPath } from "../clusters/setup/kind.ts";
import { ownMark } from "../clusters/setup/ownership.ts";
import { buildProgress, machine } from "./prepare.ts";
import type { Progress } from "./progress.ts";
import { cellEmit, dispose, runCell, type CellJob, type Ending, type Keep } from "./run-cell.ts";
import { cellDir, type RunHeader } from "./run-dir.ts";
import type { RunOptions } from "./run.ts";
import type { Interruption } from "./signals.ts";
import { markTainted } from "./taint-mark.ts";

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
}

/** What a cell's log does not say. */
export interface CellEnd {
  readonly notUndone: number;
  /** The machine lacked something that only showed now (the node image could not be built, say). */
  readonly preflight: boolean;
}

/** One cell from its image to its end. What goes wrong is in its log. */
export async function inCell(work: CellWork): Promise<CellEnd> {
  const { cell, header, options, interruption, progress } = work;
  const dir = cellDir(work.dir, cellId(cell));
  const emit = cellEmit(dir, cell);
  const startedAtMs = performance.now();
  emit({ type: "cell-started", runId: header.runId, cell, facts: header.facts });
  const following = progress.follow(cellId(cell), join(dir, "events.ndjson"));
  let failed = true;
  let job: CellJob | null = null;
  try {
    const ordered = await cellJob(work, dir, emit);
    await ordered.leases.take(ordered.clusterName, ordered.owner, dir);
    job = ordered;
    await runCell(job, emit);
    failed = judgeLog(readEventLog(join(dir, "events.ndjson"))).some(isBad);
    return { notUndone: 0, preflight: false };
  } catch (error) {
    const { message } = error as Error;
    const next = error instanceof FaultlineError ? `\n${error.nextStep}` : "";
    emit({ type: "note", text: `stopped: ${message}${next}` });
    return { notUndone: error instanceof NotUndoneError ? 1 : 0, preflight: error instanceof PreflightError };
  } finally {
    const tainted = markTainted(dir, emit).length > 0;
    if (job && !interruption.hurried()) await disposeOf(job, options.keep, { failed, tainted }, emit);
    job?.leases.release(job.clusterName);
    emit({ type: "cell-finished", durationMs: Math.round(performance.now() - startedAtMs) });
    following.stop();
  }
}

/** In a selfcheck a fail is what is wanted. */
function isBad({ verdict, mode }: ScenarioResult): boolean {
  return verdict === "unknown" || (verdict === "fail" && mode === "as-claimed");
}

async function disposeOf(job: CellJob, keep: Keep, ending: Ending, emit: Emit): Promise<void> {
  try {
    await dispose(job, keep, ending, emit);
  } catch (error) {
    emit({
      type: "note",
      text: `cluster ${job.clusterName} not deleted: ${(error as Error).message}; run ./faultline gc`,
    });
  }
}

async function nodeImage(work: CellWork, emit: Emit): Promise<NodeImage> {
  const { progress, interruption } = work;
  return await stage({ emit, name: "node image" }, "node-image", () =>
    ensureNodeImage({
      parts: nodePartsOf(work.cell),
      exec: hostExec,
      signal: interruption.signal,
      say: (line) => progress.line(line),
      progress: buildProgress((line) => progress.line(line)),
    }),
  );
}

async function cellJob(work: CellWork, dir: string, emit: Emit): Promise<CellJob> {
  const context = machine();
  const kind = await kindPath(context);
  if (kind === undefined) throw new Error("kind is gone since set-up; run ./faultline doctor");
  const isKept = work.reuse === null && work.options.keep !== "never";
  return {
    cell: work.cell,
    clusterName: work.reuse?.name ?? clusterName(work.header.runId, work.index),
    dir,
    image: () => nodeImage(work, emit),
    kind,
    owner: await ownMark(context.readText),
    leases: leases(context.cacheDir, context.readText),
    modes: work.modes,
    suiteFiles: work.files,
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
  };
}
