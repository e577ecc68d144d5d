import { appendFileSync, createWriteStream } from "node:fs";
import { basename, join } from "node:path";
import { cellId } from "../../lib/model/cell.ts";
import { skipOutsideLane } from "../../lib/scenario/cluster-size.ts";
import { EXIT, PreflightError, UndecidedError } from "../../lib/host/errors.ts";
import type { Event } from "../../lib/events/event.ts";
import { readEventLog, type Emit } from "../../lib/events/event-log.ts";
import { lastLines, mustExec, type Exec } from "../../lib/host/exec.ts";
import { suiteId } from "../../lib/mocha/scenario.ts";
import { taintedNodes } from "../../lib/verdict/taint.ts";
import { stage } from "../../clusters/create/create.ts";
import { nodePartsOf } from "../../clusters/cells/cells.ts";
import { ensureNodeImage } from "../../clusters/image/node-image.ts";
import { ENV_IN_VM, FAULTLINE, IN_VM } from "../../clusters/lane/guest-project.ts";
import { laneKernel } from "../../clusters/cells/kernels.ts";
import { openLane, type Lane } from "../../clusters/lane/lane.ts";
import { byLine, execOn } from "../../clusters/lane/line.ts";
import { insideVm } from "../../clusters/lane/needs.ts";
import { FOLLOW } from "../../clusters/lane/scripts.ts";
import type { CellEnd, CellWork } from "./clusters-of-cell.ts";
import { buildProgress, machine, stepLine } from "../host/prepare.ts";
import type { WorkUnit } from "./work-units.ts";

/** Files of a cell's folder that stay in the VM: its log comes line by line, and the cluster is usable only there. */
const NOT_COPIED = ["events.ndjson", "cluster.json", "kubeconfig", "baseline.json"];

/** What is left of a cell for its `nth` VM: one whose node was tainted is not used any further. */
export interface LaneWork extends CellWork {
  readonly nth: number;
  readonly workUnits: readonly WorkUnit[];
}

/**
 * Runs one cell in a virtual machine with the kernel it asks for. The same command runs there, on the VM's cluster. Its
 * events go to this run's log as they come; its other files are copied at the end. The VM is discarded in every case,
 * so no fault can outlive it.
 */
export async function runInLane(work: LaneWork, dir: string, emit: Emit): Promise<CellEnd> {
  const { cell, progress, interruption } = work;
  const name = `${cell.kernel} in a virtual machine`;
  // The first one names the cluster in reports: the name inside the VM is of no use outside.
  emit({ type: "cluster-started", name, reused: false });
  const lane = await stage({ emit, name }, "cluster", () => laneFor(work));
  const log = join(dir, "events.ndjson");
  let left: string | null = null;
  try {
    emit({ type: "note", text: lane.told });
    const hear = eventsOf((event) => {
      const here = asOfHere(event, lane.sinceStartOffsetMs);
      if (here) appendFileSync(log, `${JSON.stringify(here)}\n`, { mode: 0o600 });
    });
    const said: Buffer[] = [];
    const { code, error } = await lane.line.run(["bash", "-c", FOLLOW, "-", ...FAULTLINE, ...commandOf(work, lane)], {
      cwd: IN_VM,
      env: ENV_IN_VM,
      onStdout: hear,
      onStderr: (data) => void said.push(Buffer.from(data)),
      signal: interruption.signal,
    });
    await copyOut(lane, dir, machine().exec);
    const told = lastLines(Buffer.concat(said).toString("utf8"), 12);
    if (!readEventLog(log).some(({ type }) => type === "planned"))
      throw failure(
        `the run in the VM ended with ${code ?? error ?? "a signal"} before its first suite:\n${told}`,
        code,
      );
    const mayStay = !interruption.signal.aborted && code !== null && ORDERLY.includes(code);
    left = mayStay ? clusterToLeave(readEventLog(log), lane) : null;
    return { notUndone: 0, preflight: false };
  } finally {
    progress.line(`the VM of ${cellId(cell)} ${await disposeOf(lane, left)}`);
  }
}

/** Exit codes of a run that came to its end and undid all that it did. */
const ORDERLY: readonly number[] = [EXIT.ok, EXIT.broken, EXIT.undecided];

/**
 * Returns the cluster that stays in a VM for the next run; null if none was asked for or one of its nodes is tainted.
 */
function clusterToLeave(events: readonly Event[], lane: Lane): string | null {
  if (lane.leave === undefined || taintedNodes(events).length > 0) return null;
  return lane.cluster ?? events.findLast((event) => event.type === "cluster-started")?.name ?? null;
}

/** In words. */
async function disposeOf(lane: Lane, cluster: string | null): Promise<string> {
  if (lane.leave === undefined || cluster === null) {
    await lane.end();
    return "is gone";
  }
  try {
    await lane.leave(cluster);
  } catch (error) {
    await lane.end();
    return `is gone: ${(error as Error).message}`;
  }
  return "stands still until the next run of this cell; it holds 4 GiB of memory at most, ./faultline gc ends it";
}

function failure(message: string, code: number | null): Error {
  return code === 4 ? new PreflightError(message) : new UndecidedError(message, "run it again");
}

async function laneFor({ cell, header, index, nth, interruption, progress, options }: LaneWork): Promise<Lane> {
  const { signal } = interruption;
  const told = buildProgress((line) => progress.line(line));
  const context = machine({ progress: (line) => progress.line(line), signal });
  const image = await ensureNodeImage({
    parts: nodePartsOf(cell),
    exec: context.exec,
    signal,
    origin: "offline",
    say: (line) => progress.line(line),
    progress: told,
  });
  return await openLane({
    kernel: laneKernel(cell.kernel ?? ""),
    imageTag: image.tag,
    cell: insideVm(cell),
    signal,
    context,
    id: `${header.runId}-${index}-${nth}`,
    index,
    mayStay: options.keep === "always",
    progress: (step) => progress.line(stepLine("kernel lane", step)),
  });
}

/**
 * Returns the run's command for the VM, on its cluster or on a new one. It names each suite by id, since filters may be
 * paths of this machine.
 */
function commandOf({ cell, modes, workUnits, options }: LaneWork, { cluster, leave }: Lane): readonly string[] {
  const suites = [...new Set(workUnits.flatMap(({ suiteFiles }) => suiteFiles))].map(suiteId);
  const command = modes.length === 1 && modes[0] === "as-claimed" ? "run" : "selfcheck";
  return [
    ...[command, ...suites, "--yes", "--progress", "none", "--evidence", options.evidence],
    ...(cluster === undefined
      ? ["--cell", cellId(insideVm(cell)), "--keep", leave === undefined ? "never" : "always"]
      : ["--cluster", cluster]),
    ...["--ready-timeout", String(Math.max(options.readyTimeout, 300))],
    ...(options.repeat === undefined || command !== "run" ? [] : ["--repeat", String(options.repeat)]),
    ...(options.allowHostWide ? ["--allow-host-wide"] : []),
  ];
}

/** Calls `onEvent` for each event of a stream of lines. Skips other lines: the log in the VM has them. */
function eventsOf(onEvent: (event: Event) => void): (data: Uint8Array) => void {
  return byLine((line) => {
    if (line.startsWith("{")) onEvent(JSON.parse(line) as Event);
  });
}

/**
 * Returns an event of the VM's log as an event of this run; null for what this run logs itself. The VM's wall clock is
 * set to ours; its time since start is shifted by the offset (ms). Pure.
 */
export function asOfHere(event: Event, sinceStartOffsetMs: number): Event | null {
  // The cluster in there is kept with its VM, and neither --cluster nor gc finds it here.
  if (event.type === "cell-finished" || event.type === "cluster-kept") return null;
  const at = { atMs: event.atMs, ...(event.upMs === undefined ? {} : { upMs: event.upMs + sinceStartOffsetMs }) };
  if (event.type === "skipped") return { ...event, ...skipOutsideLane(event), ...at };
  if (event.type !== "cell-started") return { ...event, ...at };
  const { kernel, cgroup, docker } = event.facts;
  return { ...at, type: "note", text: `in the VM: kernel ${kernel}, cgroup ${cgroup}, Docker ${docker}` };
}

async function copyOut({ line }: Lane, dir: string, host: Exec): Promise<void> {
  const exec = execOn(line);
  const found = await mustExec(exec, ["find", "-L", `${IN_VM}/runs/latest/cells`, "-mindepth", "1", "-maxdepth", "1"]);
  const [from] = found.stdout.split("\n");
  if (!from) return;
  const archive = join(dir, "of-the-vm.tar");
  const file = createWriteStream(archive, { mode: 0o600 });
  const left = NOT_COPIED.map((name) => `--exclude=./${basename(name)}`);
  await line.run(["tar", "-C", from, ...left, "--exclude=./cell-process-*.json", "-cf", "-", "."], {
    onStdout: (data) => void file.write(Buffer.from(data)),
    onStderr: () => undefined,
  });
  await new Promise<void>((resolve) => file.end(resolve));
  await mustExec(host, ["tar", "-C", dir, "--no-same-owner", "-xf", archive]);
  await mustExec(host, ["rm", archive]);
}
