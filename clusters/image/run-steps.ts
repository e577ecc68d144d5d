import { createWriteStream } from "node:fs";
import { access, mkdir, rename, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import { PreflightError } from "../../lib/host/errors.ts";
import { lastLines, printable, type Exec } from "../../lib/host/exec.ts";
import { cpuMsOf } from "./cpu-times.ts";
import { slots } from "./slots.ts";
import { imageTag, type Command, type Step, type StepPaths } from "./recipe.ts";

export interface StepProgress {
  readonly name: string;
  readonly what: string;
  /** From 1. */
  readonly index: number;
  readonly total: number;
  readonly expectedS: number;
  readonly state: "started" | "running" | "done" | "cached";
  /** Time since the step's start: of one that is running or done. */
  readonly durationMs?: number;
}

/** A step that was run, not taken from the cache. */
export interface StepTime {
  readonly name: string;
  readonly durationMs: number;
  /** CPU time of its commands, without what Docker's daemon did for them. */
  readonly cpuMs: number;
}

export interface Build {
  readonly steps: readonly Step[];
  readonly keys: ReadonlyMap<string, string>;
  /** The keys as the files are now: an input edited during a build must not end up under the old key. */
  readonly keysNow: () => Promise<ReadonlyMap<string, string>>;
  readonly cacheDir: string;
  readonly paths: Pick<StepPaths, "source" | "mirror">;
  readonly exec: Exec;
  readonly progress: (step: StepProgress) => void;
  readonly signal?: AbortSignal | undefined;
  /** What is built, for errors; default "node image". */
  readonly what?: string;
  /** The time between two reports of a step that is running; default 25 s. */
  readonly reportEveryMs?: number;
}

/** A big build on a slow machine; it only ends what hangs. */
const COMMAND_TIMEOUT_MS = 60 * 60_000;
/** Go's compiler leaves a core idle now and then, debootstrap most of one: two steps side by side fill two cores. */
const SIDE_BY_SIDE = 2;
/** No silence of 30 s on a log. */
const REPORT_EVERY_MS = 25_000;

/** A step that failed; the message names it, its command and the last it said. */
export class ImageBuildError extends PreflightError {}

/**
 * Runs the steps, two side by side, each after those it needs; of those that could start, the one that most depends on
 * goes first. A step's directory appears in the cache under its key only once all its commands have succeeded. Resolves
 * to the times of the steps that were run, in the order in which they ended. Throws ImageBuildError for the first
 * failure, after stopping the other steps; rejects with the signal's reason if it aborts.
 */
export async function runSteps(build: Build): Promise<readonly StepTime[]> {
  const failing = new AbortController();
  const signal = AbortSignal.any([failing.signal, ...(build.signal ? [build.signal] : [])]);
  const inSlot = slots(SIDE_BY_SIDE);
  const results = new Map<string, Promise<void>>();
  const times: StepTime[] = [];
  const restS = secondsToTheEnd(build.steps);
  const inTurn = async (step: Step, index: number): Promise<void> => {
    await Promise.all(step.needs.map((name) => results.get(name) ?? Promise.resolve()));
    await inSlot(restS.get(step.name) ?? 0, async () => {
      signal.throwIfAborted();
      const time = await runStep({ ...build, signal }, step, index + 1);
      if (time) times.push(time);
    });
  };
  build.steps.forEach((step, index) => {
    const result = inTurn(step, index);
    result.catch((error: unknown) => failing.abort(error));
    results.set(step.name, result);
  });
  await Promise.allSettled(results.values());
  // The first failure: what it made others fail with is only "aborted".
  signal.throwIfAborted();
  return times;
}

/** Returns of each step the seconds from its start to the end of what waits for it. Steps come after their needs. */
function secondsToTheEnd(steps: readonly Step[]): ReadonlyMap<string, number> {
  const rest = new Map<string, number>();
  for (const { name, expectedS } of steps.toReversed()) {
    const waiting = steps.filter(({ needs }) => needs.includes(name)).map((step) => rest.get(step.name) ?? 0);
    rest.set(name, expectedS + Math.max(0, ...waiting));
  }
  return rest;
}

/** Returns the step's time, or undefined where its result is in the cache. */
async function runStep(build: Build, step: Step, index: number): Promise<StepTime | undefined> {
  const report = reporter(build, step, index);
  const target = stepDir(build, step.name);
  if (await isMade(build, step, target)) {
    report("cached");
    return undefined;
  }
  report("started");
  const startedAtMs = performance.now();
  const sinceStartMs = () => Math.round(performance.now() - startedAtMs);
  const ticking = setInterval(() => report("running", sinceStartMs()), build.reportEveryMs ?? REPORT_EVERY_MS);
  try {
    const cpuMs = await makeStep(build, step, target);
    const durationMs = sinceStartMs();
    report("done", durationMs);
    return { name: step.name, durationMs, cpuMs };
  } finally {
    clearInterval(ticking);
  }
}

function reporter(build: Build, { name, what, expectedS }: Step, index: number) {
  const total = build.steps.length;
  return (state: StepProgress["state"], durationMs?: number): void => {
    const time = durationMs === undefined ? {} : { durationMs };
    build.progress({ name, what, index, total, expectedS, state, ...time });
  };
}

/** Puts the step's result at `target`. Returns the CPU time that its commands took, in ms. */
async function makeStep(build: Build, step: Step, target: string): Promise<number> {
  const out = `${target}.tmp-${process.pid}`;
  try {
    await rm(out, { recursive: true, force: true });
    await mkdir(out, { recursive: true });
    const cpuMs = await runCommands(build, step, out);
    await mustBeUnchanged(build, step.name);
    // The second of two builds finds the name taken, by the same content.
    if (step.image === undefined)
      await rename(out, target).catch(async (error: unknown) => await mustExist(target, error));
    return cpuMs;
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

/** An image may be gone from Docker at any time, so Docker is asked; nothing is believed of a directory. */
async function isMade({ exec, keys }: Build, step: Step, target: string): Promise<boolean> {
  if (step.image !== undefined) return await isInDocker(imageTag(step, keys), exec);
  if (!(await exists(target))) return false;
  // For pruneCache: the result is in use.
  await utimes(target, new Date(), new Date());
  return true;
}

/** Whether Docker has an image of this name. */
export async function isInDocker(tag: string, exec: Exec): Promise<boolean> {
  return (await exec(["docker", "image", "inspect", "--format", "{{.Id}}", tag])).exitCode === 0;
}

/** Finds a step of the build by its name. */
function stepCalled({ steps }: Build, name: string): Step {
  const found = steps.find((step) => step.name === name);
  if (!found) throw new Error(`there is no step ${name}`);
  return found;
}

/** Returns the CPU time of the step's commands, in ms. */
async function runCommands(build: Build, step: Step, out: string): Promise<number> {
  const logPath = join(build.cacheDir, "log", `${step.name}.log`);
  const timesPath = join(build.cacheDir, "log", `${step.name}.times`);
  await mkdir(join(build.cacheDir, "log"), { recursive: true });
  await rm(timesPath, { force: true });
  const log = createWriteStream(logPath);
  const made = (from: string, file: string) => join(stepDir(build, from), file);
  const tagOf = (name: string) => imageTag(stepCalled(build, name), build.keys);
  try {
    for (const command of step.commands({ ...build.paths, out, made, tagOf })) {
      log.write(`$ ${printable(command.argv)}\n`);
      const write = (line: string) => log.write(`${line}\n`);
      await runCommand(build, step, command, { path: logPath, timesPath, write });
    }
    return await cpuMsOf(timesPath);
  } finally {
    await new Promise<void>((resolve) => log.end(resolve));
  }
}

async function mustBeUnchanged({ keys, keysNow, what = "node image" }: Build, name: string): Promise<void> {
  if ((await keysNow()).get(name) === keys.get(name)) return;
  throw new ImageBuildError(`${what}: an input of step ${name} changed while it was built`, "run it again");
}

interface Log {
  readonly path: string;
  /** Where the CPU times of the commands are kept. */
  readonly timesPath: string;
  readonly write: (line: string) => void;
}

async function runCommand(build: Build, step: Step, { argv, cwd, env }: Command, log: Log): Promise<void> {
  const { exec, signal, what = "node image" } = build;
  const result = await exec([build.paths.source("image/scripts/with-times"), log.timesPath, ...argv], {
    timeoutMs: COMMAND_TIMEOUT_MS,
    onLine: log.write,
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (result.exitCode === 0) return;
  const how = result.timedOut ? "timed out" : `exit ${result.exitCode ?? "by signal"}`;
  throw new ImageBuildError(
    `${what}: step ${step.name} failed (${how}): ${printable(argv)}\n${lastLines(result.stderr || result.stdout, 10)}`,
    `read ${log.path}; a new run starts again at this step, finished ones are kept`,
  );
}

function stepDir({ cacheDir, keys }: Pick<Build, "cacheDir" | "keys">, name: string): string {
  return join(cacheDir, `${name}-${keys.get(name) ?? ""}`);
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

async function mustExist(path: string, otherwise: unknown): Promise<void> {
  if (!(await exists(path))) throw otherwise;
}
