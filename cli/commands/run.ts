import Mocha from "mocha";
import { cellId, type Cell } from "../../lib/model/cell.ts";
import type { ClusterRecord } from "../../lib/model/cluster.ts";
import { EXIT, FaultlineError, UsageError } from "../../lib/host/errors.ts";
import type { Mode } from "../../lib/model/mode.ts";
import type { Run } from "../../lib/verdict/result.ts";
import { sizeFor } from "../../lib/scenario/cluster-size.ts";
import { judgeRun } from "../../lib/verdict/run.ts";
import { DEFAULT_CELL, parseCells, traitsOf } from "../../clusters/cells/cells.ts";
import { leases } from "../../clusters/ownership/lease.ts";
import { mustBeDisposable } from "../../clusters/setup/disposable.ts";
import { ownerOf } from "../../clusters/ownership/owner.ts";
import { sideBySide } from "../../clusters/setup/side-by-side.ts";
import { cellFacts } from "../host/facts.ts";
import { inCell, type CellEnd, type CellWork } from "../cell/clusters-of-cell.ts";
import { keptCluster, mustBeAsNew } from "../store/kept.ts";
import { checksFor, movedWhereNeeded, onKernel } from "../cell/lane-cells.ts";
import { machine, prepareMachine } from "../host/prepare.ts";
import { startProgress, type Progress } from "../host/progress.ts";
import { printTable, writeReports } from "./report.ts";
import type { RunOptions } from "../cell/run-options.ts";
import { createRunDir, newRunId, readRun, writeHeader, type RunHeader } from "../store/run-dir.ts";
import { eachOf, spareOf, turns } from "../host/parallel.ts";
import { onInterrupt, type Interruption } from "../host/signals.ts";
import { chosenSuites, scenariosOf } from "../cell/suites.ts";

/** Runs the suites that `filters` name in every cell, writes the reports, and resolves to the exit code. */
export async function run(filters: readonly string[], options: RunOptions, argv: readonly string[]): Promise<number> {
  const result = await carryOut(filters, options, argv, ["as-claimed"]);
  if (!result.hurried) printTable(result.run, result.dir);
  const code = exitCodeOf(result.run, result.notUndone);
  if (code === EXIT.notUndone) return code;
  if (result.exitCode !== null) return result.exitCode;
  return code === EXIT.undecided && result.preflight ? EXIT.preflight : code;
}

export interface CarriedOut {
  readonly run: Run;
  readonly dir: string;
  readonly notUndone: number;
  /** The machine lacked something that only showed in a cell. */
  readonly preflight: boolean;
  /** A second signal came: no reports. */
  readonly hurried: boolean;
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
  const files = await chosenSuites(filters);
  const scenarios = await scenariosOf(files);
  checkReporter(options.reporter);
  const { cells: asked, reuse } = cellsOf(options);
  // In a virtual machine of ours all of it may be broken, and the run in there asks again.
  if (options.allowHostWide && asked.some(({ kernel }) => kernel === undefined))
    await mustBeDisposable(machine().readText);
  const interruption = onInterrupt((line) => process.stderr.write(`\nfaultline: ${line}\n`));
  const progress = startProgress(options.progress);
  try {
    const say = (line: string) => process.stderr.write(`faultline: ${line}\n`);
    // A cluster that is there is where it is, whatever its cell would need today.
    const cells = reuse ? asked : await movedWhereNeeded(asked, machine(), say);
    await prepare(options, cells, progress, interruption);
    if (reuse) {
      await mustBeFree(reuse.name);
      mustBeAsNew(reuse.name);
    }
    const startedAtMs = performance.now();
    const header = await newHeader(argv, cells);
    const dir = createRunDir(header);
    const shared = { dir, header, options, modes, files, scenarios, reuse, interruption, progress };
    const ends = await inCells(shared, cells);
    const notUndone = ends.reduce((sum, end) => sum + end.notUndone, 0);
    const preflight = ends.some((end) => end.preflight);
    progress.stop();
    const hurried = interruption.hurried();
    const whole = { ...header, durationMs: Math.round(performance.now() - startedAtMs) };
    return { ...concluded(whole, dir, hurried), notUndone, preflight, hurried, exitCode: interruption.exitCode() };
  } finally {
    progress.stop();
    interruption.release();
  }
}

/** The cells, as many side by side as the machine bears (or was asked for); each fails alone. */
async function inCells(
  shared: Omit<CellWork, "cell" | "index" | "turn">,
  cells: readonly Cell[],
): Promise<readonly CellEnd[]> {
  const { options, interruption, progress, scenarios } = shared;
  const sizes = cells.map((cell) => sizeFor(scenarios, { cell, traits: traitsOf(cell) }));
  const wanted = { count: cells.length, nodes: sizes.includes(3) ? 3 : 2 } as const;
  const { clusters, suites } = sideBySide(wanted, await spareOf(machine()), options.parallel);
  if (clusters > 1)
    progress.line(`${cells.length} cells, ${clusters} at the same time, ${suites} of them at their suites`);
  // A mocha reporter writes to our stdout: two at once could not be read.
  const turn = turns(options.reporter === undefined ? suites : 1);
  const { signal } = interruption;
  return await eachOf(cells, clusters, signal, (cell, index) => inCell({ ...shared, cell, index, turn }));
}

/** Sets the machine up; a signal ends that, and nothing has been run. */
async function prepare(
  { yes, cluster }: RunOptions,
  cells: readonly Cell[],
  progress: Progress,
  interruption: Interruption,
): Promise<void> {
  const { signal } = interruption;
  try {
    await prepareMachine({
      yes,
      signal,
      also: checksFor(cells),
      reuses: cluster !== undefined,
      progress: (line) => progress.line(line),
    });
  } catch (error) {
    // After a signal it is whatever a command that was cut off made of it.
    if (!signal.aborted) throw error;
  }
  const code = interruption.exitCode();
  if (code !== null) throw new FaultlineError("interrupted during set-up: nothing was run", code, "run it again");
}

/** Judges the run from its logs and writes its reports. */
function concluded(
  header: RunHeader & { readonly durationMs: number },
  dir: string,
  hurried: boolean,
): Pick<CarriedOut, "run" | "dir"> {
  const run = judgeRun({ ...readRun(dir), durationMs: header.durationMs });
  if (hurried) return { run, dir };
  try {
    writeHeader(dir, header);
    writeReports(run, dir);
  } catch (error) {
    // What could be judged is told before why it could not be kept.
    printTable(run, dir);
    throw error;
  }
  return { run, dir };
}

function cellsOf(options: RunOptions): { readonly cells: readonly Cell[]; readonly reuse: ClusterRecord | null } {
  if (options.cluster === undefined) {
    const named = options.cell.length > 0 ? options.cell.flatMap(parseCells) : [DEFAULT_CELL];
    const cells = onKernel(named, options.kernel);
    return { cells: [...new Map(cells.map((cell) => [cellId(cell), cell])).values()], reuse: null };
  }
  if (options.kernel !== undefined)
    throw new UsageError("--cluster names a cluster that has its kernel already", "leave --kernel out");
  if (options.cell.length > 0)
    throw new UsageError("--cluster names a cluster that has its cell already", "leave --cell out");
  const reuse = keptCluster(options.cluster);
  return { cells: [reuse.cell], reuse };
}

/** Throws UsageError while another process holds the cluster's lease. */
export async function mustBeFree(cluster: string): Promise<void> {
  const { cacheDir, readText } = machine();
  if (!(await leases(cacheDir, readText).isTaken(cluster))) return;
  throw new UsageError(
    `cluster "${cluster}" is in use by another run`,
    "wait for that run to end, or leave --cluster out",
  );
}

function checkReporter(name: string | undefined): void {
  if (name === undefined || Object.hasOwn(Mocha.reporters, name)) return;
  const known = Object.keys(Mocha.reporters).filter((one) => one === one.toLowerCase());
  throw new UsageError(`mocha reporter "${name}" is not known`, `known: ${known.join(", ")}`);
}

/** What a run that begins now says of itself. */
export async function newHeader(argv: readonly string[], cells: readonly Cell[]): Promise<RunHeader> {
  const now = new Date();
  const facts = await cellFacts();
  const runId = newRunId(now, Math.random());
  const owner = (await ownerOf(machine().readText)) ?? "";
  const startedAt = now.toISOString();
  return { runId, startedAt, command: ["./faultline", ...argv], facts, cells, owner, durationMs: null };
}

/**
 * Returns the exit code of a run: 5 above 1 above 2. A node that differs afterwards (`notUndone` faults, or tainted by
 * the log) outranks all, and a broken expectation outranks one that could not be decided. A cell that never got to its
 * suites is undecided.
 */
export function exitCodeOf(judged: Run, notUndone: number): number {
  if (notUndone > 0 || judged.cells.some((cell) => cell.tainted.length > 0)) return EXIT.notUndone;
  if (judged.summary.fail > 0) return EXIT.broken;
  if (judged.summary.unknown > 0 || judged.cells.some((cell) => cell.failure !== null)) return EXIT.undecided;
  return judged.results.length > 0 ? EXIT.ok : EXIT.undecided;
}
