import { join } from "node:path";
import { cellId, type Cell } from "../lib/cell.ts";
import type { ClusterRecord } from "../lib/cluster.ts";
import Mocha from "mocha";
import { EXIT, FaultlineError, NotUndoneError, UsageError } from "../lib/errors.ts";
import type { Mode } from "../lib/event.ts";
import { readEventLog, type Emit } from "../lib/event-log.ts";
import type { Run, ScenarioResult } from "../lib/run.ts";
import type { Scenario } from "../lib/scenario.ts";
import { judgeLog, judgeRun } from "../lib/verdict/run.ts";
import { DEFAULT_CELL, parseCell } from "../clusters/cells.ts";
import { stage } from "../clusters/create.ts";
import { ensureNodeImage, type NodeImage } from "../clusters/image/node-image.ts";
import { machine, prepareMachine } from "./prepare.ts";
import { kindPath } from "../clusters/setup/kind.ts";
import { ownerOf } from "../clusters/setup/ownership.ts";
import { hostExec } from "../lib/exec.ts";
import { cellFacts } from "./facts.ts";
import { keptCluster } from "./kept.ts";

import { startProgress, type Progress, type ProgressKind } from "./progress.ts";
import { writeReports } from "./report.ts";
import { cellEmit, dispose, runCell, type CellJob, type Keep } from "./run-cell.ts";
import { cellDir, createRunDir, newRunId, readRun, writeHeader, type RunHeader } from "./run-dir.ts";
import { onInterrupt, type Interruption } from "./signals.ts";
import { scenariosOf, selectSuites, suiteFiles } from "./suites.ts";

export interface RunOptions {
  readonly cell: readonly string[];
  readonly yes: boolean;
  readonly keep: Keep;
  readonly cluster?: string;
  readonly reporter?: string;
  /** Seconds. */
  readonly readyTimeout: number;
  readonly progress: ProgressKind;
}

/** Runs the suites that `filters` name in every cell, writes the reports, and resolves to the exit code. */
export async function run(filters: readonly string[], options: RunOptions, argv: readonly string[]): Promise<number> {
  const result = await carryOut(filters, options, argv, ["as-claimed"]);
  return result.exitCode ?? exitCodeOf(result.run, result.notUndone);
}

export interface CarriedOut {
  readonly run: Run;
  readonly dir: string;
  readonly notUndone: number;
  /** What a signal asked for; null when none came. */
  readonly exitCode: number | null;
}

/** The whole of a run in the given modes. Throws UsageError and PreflightError before anything is created. */
export async function carryOut(
  filters: readonly string[],
  options: RunOptions,
  argv: readonly string[],
  modes: readonly Mode[],
): Promise<CarriedOut> {
  const files = selectSuites(filters, suiteFiles());
  const scenarios = await scenariosOf(files);
  checkReporter(options.reporter);
  const { cells, reuse } = cellsOf(options);
  const interruption = onInterrupt((line) => process.stderr.write(`\nfaultline: ${line}\n`));
  const progress = startProgress(options.progress);
  try {
    await prepareMachine({ yes: options.yes, progress: (line) => progress.line(line) });
    interruption.signal.throwIfAborted();
    const header = await newHeader(argv, cells);
    const dir = createRunDir(header);
    let notUndone = 0;
    for (const [index, cell] of cells.entries()) {
      if (interruption.signal.aborted) break;
      notUndone += await inCell({
        cell,
        index,
        dir,
        header,
        options,
        modes,
        files,
        scenarios,
        reuse,
        interruption,
        progress,
      });
    }
    const durationMs = Date.now() - Date.parse(header.startedAt);
    writeHeader(dir, { ...header, durationMs });
    progress.stop();
    const judged = judgeRun(readRun(dir));
    if (!interruption.hurried()) writeReports(judged, dir);
    return { run: judged, dir, notUndone, exitCode: notUndone > 0 ? EXIT.notUndone : interruption.exitCode() };
  } finally {
    progress.stop();
    interruption.release();
  }
}

function cellsOf(options: RunOptions): { readonly cells: readonly Cell[]; readonly reuse: ClusterRecord | null } {
  if (options.cluster === undefined) {
    const cells = options.cell.length > 0 ? options.cell.map(parseCell) : [DEFAULT_CELL];
    return { cells: [...new Map(cells.map((cell) => [cellId(cell), cell])).values()], reuse: null };
  }
  if (options.cell.length > 0)
    throw new UsageError("--cluster names a cluster that has its cell already", "leave --cell out");
  const reuse = keptCluster(options.cluster);
  return { cells: [reuse.cell], reuse };
}

function checkReporter(name: string | undefined): void {
  if (name === undefined || name in Mocha.reporters) return;
  const known = Object.keys(Mocha.reporters).filter((one) => one === one.toLowerCase());
  throw new UsageError(`mocha reporter "${name}" is not known`, `known: ${known.join(", ")}`);
}

async function newHeader(argv: readonly string[], cells: readonly Cell[]): Promise<RunHeader> {
  const now = new Date();
  const facts = await cellFacts();
  const runId = newRunId(now, Math.random());
  return { runId, startedAt: now.toISOString(), command: ["./faultline", ...argv], facts, cells, durationMs: null };
}

interface CellWork {
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

/** One cell from its image to its end. What goes wrong is in its log; resolves to how many faults could not be undone. */
async function inCell(work: CellWork): Promise<number> {
  const { cell, header, options, interruption, progress } = work;
  const dir = cellDir(work.dir, cellId(cell));
  const emit = cellEmit(dir, cell);
  const startedAtMs = performance.now();
  emit({ type: "cell-started", runId: header.runId, cell, facts: header.facts });
  const following = progress.follow(cellId(cell), join(dir, "events.ndjson"));
  let failed = true;
  let job: CellJob | null = null;
  try {
    job = await cellJob(work, dir, emit);
    await runCell(job, emit);
    failed = judgeLog(readEventLog(join(dir, "events.ndjson"))).some(isBad);
    return 0;
  } catch (error) {
    const { message } = error as Error;
    const next = error instanceof FaultlineError ? `\n${error.nextStep}` : "";
    emit({ type: "note", text: `stopped: ${message}${next}` });
    return error instanceof NotUndoneError ? 1 : 0;
  } finally {
    if (job && !interruption.hurried()) await disposeOf(job, options.keep, failed, emit);
    emit({ type: "cell-finished", durationMs: Math.round(performance.now() - startedAtMs) });
    following.stop();
  }
}

/** In a selfcheck a fail is what is wanted. */
function isBad({ verdict, mode }: ScenarioResult): boolean {
  return verdict === "unknown" || (verdict === "fail" && mode === "as-claimed");
}

async function disposeOf(job: CellJob, keep: Keep, failed: boolean, emit: Emit): Promise<void> {
  try {
    await dispose(job, keep, failed, emit);
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
      exec: hostExec,
      signal: interruption.signal,
      progress: (step) => progress.line(`node image ${step.index}/${step.total} ${step.name}: ${step.state}`),
    }),
  );
}

async function cellJob(work: CellWork, dir: string, emit: Emit): Promise<CellJob> {
  const context = machine();
  const kind = await kindPath(context);
  const owner = await ownerOf(context.readText);
  if (kind === undefined) throw new Error("kind is gone since set-up; run ./faultline doctor");
  const clusterName = work.reuse?.name ?? `faultline-${work.header.runId.slice(-11).replace("-", "")}${work.index}`;
  return {
    cell: work.cell,
    clusterName,
    dir,
    image: () => nodeImage(work, emit),
    kind,
    owner: owner ?? String(process.pid),
    modes: work.modes,
    suiteFiles: work.files,
    scenarios: work.scenarios,
    mochaReporter: work.options.reporter ?? null,
    reuse: work.reuse,
    readyBudgetMs: work.options.readyTimeout * 1000,
    signal: work.interruption.signal,
  };
}

/** 5 above 1 above 2: a broken expectation is told even where something else could not be decided. A cell that never got to its suites is undecided. */
export function exitCodeOf(judged: Run, notUndone: number): number {
  if (notUndone > 0) return EXIT.notUndone;
  if (judged.summary.fail > 0) return EXIT.broken;
  if (judged.summary.unknown > 0 || judged.cells.some((cell) => cell.failure !== null)) return EXIT.undecided;
  return judged.results.length > 0 ? EXIT.ok : EXIT.undecided;
}
