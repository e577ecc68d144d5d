import { createWriteStream } from "node:fs";
import { access, mkdir, rename, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import { PreflightError } from "../../lib/host/errors.ts";
import { lastLines, printable, type Exec } from "../../lib/host/exec.ts";
import { imageTag, type Command, type Step, type StepPaths } from "./recipe.ts";

export interface StepProgress {
  readonly name: string;
  readonly what: string;
  /** From 1. */
  readonly index: number;
  readonly total: number;
  readonly expectedS: number;
  readonly state: "started" | "done" | "cached";
  readonly durationMs?: number;
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
}

/** A big build on a slow machine; it only ends what hangs. */
const COMMAND_TIMEOUT_MS = 60 * 60_000;
/** Go's compiler leaves a core idle now and then, debootstrap most of one: two steps side by side fill two cores. */
const SIDE_BY_SIDE = 2;

/** A step that failed; the message names it, its command and the last it said. */
export class ImageBuildError extends PreflightError {}

/**
 * Runs the steps, two side by side, each after those it needs. A step's directory appears in the cache under its key
 * only once all its commands have succeeded. Throws ImageBuildError for the first failure, after stopping the other
 * steps; rejects with the signal's reason if it aborts.
 */
export async function runSteps(build: Build): Promise<void> {
  const failing = new AbortController();
  const signal = AbortSignal.any([failing.signal, ...(build.signal ? [build.signal] : [])]);
  const inSlot = slots(SIDE_BY_SIDE);
  const results = new Map<string, Promise<void>>();
  const inTurn = async (step: Step, index: number): Promise<void> => {
    await Promise.all(step.needs.map((name) => results.get(name) ?? Promise.resolve()));
    await inSlot(async () => {
      signal.throwIfAborted();
      await runStep({ ...build, signal }, step, index + 1);
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
}

/** Lets `count` pieces of work run at once; others wait, first come first served. */
function slots(count: number): (work: () => Promise<void>) => Promise<void> {
  const waiting: (() => void)[] = [];
  let free = count;
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      await work();
    } finally {
      // A slot that is handed on is never free in between.
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}

async function runStep(build: Build, step: Step, index: number): Promise<void> {
  const { name, what, expectedS } = step;
  const report = (state: StepProgress["state"], durationMs?: number) =>
    build.progress({
      name,
      what,
      index,
      total: build.steps.length,
      expectedS,
      state,
      ...(durationMs === undefined ? {} : { durationMs }),
    });
  const target = stepDir(build, name);
  if (await isMade(build, step, target)) {
    report("cached");
    return;
  }
  report("started");
  const startedAtMs = performance.now();
  const out = `${target}.tmp-${process.pid}`;
  try {
    await rm(out, { recursive: true, force: true });
    await mkdir(out, { recursive: true });
    await runCommands(build, step, out);
    await mustBeUnchanged(build, name);
    // The second of two builds finds the name taken, by the same content.
    if (step.image === undefined)
      await rename(out, target).catch(async (error: unknown) => await mustExist(target, error));
  } finally {
    await rm(out, { recursive: true, force: true });
  }
  report("done", Math.round(performance.now() - startedAtMs));
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

async function runCommands(build: Build, step: Step, out: string): Promise<void> {
  const logPath = join(build.cacheDir, "log", `${step.name}.log`);
  await mkdir(join(build.cacheDir, "log"), { recursive: true });
  const log = createWriteStream(logPath);
  const made = (from: string, file: string) => join(stepDir(build, from), file);
  const tagOf = (name: string) => imageTag(stepCalled(build, name), build.keys);
  try {
    for (const command of step.commands({ ...build.paths, out, made, tagOf })) {
      log.write(`$ ${printable(command.argv)}\n`);
      await runCommand(build, step, command, { path: logPath, write: (line) => log.write(`${line}\n`) });
    }
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
  readonly write: (line: string) => void;
}

async function runCommand(build: Build, step: Step, { argv, cwd, env }: Command, log: Log): Promise<void> {
  const { exec, signal, what = "node image" } = build;
  const result = await exec(argv, {
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
