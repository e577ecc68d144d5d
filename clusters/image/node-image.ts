import { join } from "node:path";
import { PreflightError } from "../../lib/errors.ts";
import { lastLines, type Exec } from "../../lib/exec.ts";
import { alone, type Locking } from "../lock.ts";
import { cacheDir } from "../setup/host-context.ts";
import { prepareHost } from "./host-needs.ts";
import type { ImageOrigin } from "./kubeadm.ts";
import { nodeImageTag, recipeKeys, type Step } from "./recipe.ts";
import { pruneCache } from "./prune-cache.ts";
import { REGISTRY_STEPS } from "./registry-steps.ts";
import { runSteps, type StepProgress } from "./run-steps.ts";
import { OFFLINE_STEPS } from "./steps.ts";
import { UPSTREAM, VERSIONS } from "./versions.ts";

export { nodeImageTag };
export type { StepProgress };

/** A node image that is in this machine's Docker. */
export interface NodeImage {
  readonly tag: string;
  readonly origin: ImageOrigin;
  readonly kubernetesVersion: string;
}

export interface NodeImageOptions {
  readonly exec: Exec;
  readonly progress: (step: StepProgress) => void;
  /** Told when another process is at the build and has to be waited for. */
  readonly say?: (line: string) => void;
  readonly signal?: AbortSignal;
  /** Not given: what is already here, else the registry if one answers within 10 s, else offline. */
  readonly origin?: ImageOrigin;
}

interface Recipe {
  readonly image: NodeImage;
  readonly steps: readonly Step[];
  readonly keys: ReadonlyMap<string, string>;
}

const REGISTRY_ANSWERS_WITHIN_MS = 10_000;
/** Another process's whole build, on a slow machine. */
const WAIT_FOR_OTHER_MS = 90 * 60_000;
const CLUSTERS = join(import.meta.dirname, "..");

/**
 * The node image, built if it is not here. Warm: one `docker image inspect`, no progress. Throws PreflightError when
 * Docker or something the build needs is missing, ImageBuildError when a step fails; rejects when `signal` aborts.
 */
export async function ensureNodeImage(options: NodeImageOptions): Promise<NodeImage> {
  const { exec, origin } = options;
  await needDocker(exec);
  const recipes = await Promise.all((origin ? [origin] : (["offline", "registry"] as const)).map(recipeOf));
  for (const { image } of recipes) {
    if (await isInDocker(image.tag, exec)) return image;
  }
  const wanted = origin ?? ((await registryAnswers(exec)) ? "registry" : "offline");
  const recipe = recipes.find(({ image }) => image.origin === wanted) ?? (await recipeOf(wanted));
  // One build at a time, whatever the image: most steps are the same, and each fills the machine. Who comes second finds them done.
  await alone("node-image", lockingFor(options), async () => {
    if (!(await isInDocker(recipe.image.tag, exec))) await buildImage(recipe, options);
  });
  return recipe.image;
}

function lockingFor({ say = () => undefined, signal }: NodeImageOptions): Locking {
  const dir = join(cacheDir(process.env), "locks");
  return { dir, say, budgetMs: WAIT_FOR_OTHER_MS, ...(signal ? { signal } : {}) };
}

/** What the image of an origin will be called, whether it exists or not; and the seconds a cold build takes on 2 cores. */
export async function plannedNodeImage(
  origin: ImageOrigin,
): Promise<{ readonly image: NodeImage; readonly coldS: number }> {
  const { image, steps } = await recipeOf(origin);
  return { image, coldS: steps.reduce((sum, { expectedS }) => sum + expectedS, 0) };
}

async function buildImage({ image, steps, keys }: Recipe, options: NodeImageOptions): Promise<void> {
  const { exec, progress, signal } = options;
  const { mirror } = image.origin === "offline" ? await prepareHost(exec) : { mirror: "" };
  const paths = { tag: image.tag, mirror, source: (path: string) => join(CLUSTERS, path) };
  const keysNow = () => recipeKeys(steps, CLUSTERS);
  const build = { steps, keys, keysNow, cacheDir: stepsDir(), paths, exec, progress, signal };
  await runSteps(build);
  await pruneCache(build);
}

async function recipeOf(origin: ImageOrigin): Promise<Recipe> {
  const steps = origin === "offline" ? OFFLINE_STEPS : REGISTRY_STEPS;
  const kubernetesVersion = origin === "offline" ? VERSIONS.kubernetes : UPSTREAM.nodeKubernetes;
  const keys = await recipeKeys(steps, CLUSTERS);
  const tag = nodeImageTag(kubernetesVersion, keys.get(steps.at(-1)?.name ?? "") ?? "");
  return { image: { tag, origin, kubernetesVersion }, steps, keys };
}

/** Finished steps, one directory each, and the logs. */
function stepsDir(): string {
  return join(cacheDir(process.env), "image");
}

async function isInDocker(tag: string, exec: Exec): Promise<boolean> {
  return (await exec(["docker", "image", "inspect", "--format", "{{.Id}}", tag])).exitCode === 0;
}

/** Asks for the manifest only: the image itself would not come in 10 s. */
async function registryAnswers(exec: Exec): Promise<boolean> {
  const asked = await exec(["docker", "manifest", "inspect", UPSTREAM.node], { timeoutMs: REGISTRY_ANSWERS_WITHIN_MS });
  return asked.exitCode === 0;
}

async function needDocker(exec: Exec): Promise<void> {
  const { exitCode, stderr } = await exec(["docker", "version", "--format", "{{.Server.Version}}"]);
  if (exitCode === 0) return;
  throw new PreflightError(`node image: Docker does not answer: ${lastLines(stderr, 2)}`, "run ./faultline doctor");
}
