import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PreflightError } from "../../lib/host/errors.ts";
import { debianHost } from "../image/host-needs.ts";
import type { StepProgress } from "../image/node-image.ts";
import { pruneCache } from "../image/prune-cache.ts";
import { recipeKeys } from "../image/recipe.ts";
import { runSteps, type Build } from "../image/run-steps.ts";
import { withLock } from "../ownership/lock.ts";
import type { CheckContext } from "../setup/check.ts";
import { kindPath } from "../setup/kind.ts";
import type { LaneKernel } from "../cells/kernels.ts";
import { DOCKER_STEP, kernelStepName, laneSteps, SYSTEM_STEP } from "./steps.ts";

/** The files that a VM is made of. */
export interface LaneParts {
  /** The kernel: a program of this machine. */
  readonly linux: string;
  /** The kernel's release, as `uname -r` will say. */
  readonly release: string;
  readonly disks: { readonly system: string; readonly docker: string };
}

export interface LaneBuild {
  readonly kernel: LaneKernel;
  readonly imageTag: string;
  readonly context: CheckContext;
  readonly progress: (step: StepProgress) => void;
  readonly signal: AbortSignal;
}

const CLUSTERS = join(import.meta.dirname, "..");
const PROJECT = join(CLUSTERS, "..");
const WAIT_FOR_OTHER_MS = 60 * 60_000;

/** Where all of the lane lies below the cache. */
export const laneDir = (cacheDir: string): string => join(cacheDir, "lane");

/** What decides the parts' content. */
type LaneRecipe = Pick<LaneBuild, "kernel" | "imageTag" | "context">;

/** Resolves to the seconds that building the missing parts takes on 2 cores; 0 where all are there. Changes nothing. */
export async function laneBuildS(recipe: LaneRecipe): Promise<number> {
  const { steps, keys, cacheDir } = await recipeOf(recipe);
  const missing = steps.filter(({ name }) => !existsSync(join(cacheDir, `${name}-${keys.get(name) ?? ""}`)));
  return missing.reduce((sum, { expectedS }) => sum + expectedS, 0);
}

/** The steps, their keys and where their results lie. Throws PreflightError where kind is gone. */
async function recipeOf({
  kernel,
  imageTag,
  context,
}: LaneRecipe): Promise<Pick<Build, "steps" | "keys" | "keysNow" | "cacheDir">> {
  const kind = await kindPath(context);
  if (kind === undefined) throw new PreflightError("kernel lane: kind is gone since set-up");
  const lock = await readFile(join(PROJECT, "package-lock.json"));
  const lockDigest = createHash("sha256").update(lock).digest("hex");
  const steps = laneSteps({ kernel, imageTag, kind, lockDigest, project: PROJECT });
  const keysNow = () => recipeKeys(steps, CLUSTERS);
  return { steps, keys: await keysNow(), keysNow, cacheDir: laneDir(context.cacheDir) };
}

/**
 * Returns the VM's parts, built where they are not there; a step's result is kept by its content. Throws PreflightError
 * when something is unavailable.
 */
export async function ensureLaneParts(build: LaneBuild): Promise<LaneParts> {
  const { kernel, context, progress, signal } = build;
  const recipe = await recipeOf(build);
  const { keys, cacheDir } = recipe;
  const locking = { dir: join(context.cacheDir, "locks"), say: context.progress, budgetMs: WAIT_FOR_OTHER_MS, signal };
  await withLock("lane-build", locking, async () => {
    const { mirror } = await debianHost(context.exec);
    const paths = { mirror, source: (path: string) => join(CLUSTERS, path) };
    const run = { ...recipe, paths, exec: context.exec, progress, signal, what: "kernel lane" };
    await runSteps(run);
    await pruneCache(run);
  });
  const made = (step: string, file: string) => join(cacheDir, `${step}-${keys.get(step) ?? ""}`, file);
  return {
    linux: made(kernelStepName(kernel), "linux"),
    release: (await readFile(made(kernelStepName(kernel), "release"), "utf8")).trim(),
    disks: { system: made(SYSTEM_STEP, "system.raw"), docker: made(DOCKER_STEP, "docker.raw") },
  };
}
