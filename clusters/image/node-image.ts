import { join } from "node:path";
import { PreflightError } from "../../lib/host/errors.ts";
import { lastLines, type Exec } from "../../lib/host/exec.ts";
import { withLock, type LockOptions } from "../ownership/lock.ts";
import { cacheDir } from "../ownership/cache-dir.ts";
import type { CniVersion } from "./cni-version.ts";
import { prepareHost } from "./host-needs.ts";
import type { ImageOrigin } from "./kubeadm.ts";
import { KUBERNETES, kubernetesRelease, type KubernetesRelease } from "./kubernetes.ts";
import { imageTag, recipeKeys, type Step } from "./recipe.ts";
import { pruneCache } from "./prune-cache.ts";
import { registrySteps } from "./registry-steps.ts";
import { isInDocker, runSteps, type StepProgress } from "./run-steps.ts";
import { describeTimes } from "./step-times.ts";
import { offlineSteps } from "./steps.ts";

export type { StepProgress };

/** A node image that is in this machine's Docker. */
export interface NodeImage {
  readonly tag: string;
  readonly origin: ImageOrigin;
  readonly kubernetesVersion: string;
}

/** What a cell's nodes are made of. */
export interface NodeParts {
  readonly kubernetesVersion: string;
  readonly cni: { readonly name: string; readonly imageName?: string };
  readonly cniVersion: CniVersion;
}

export interface NodeImageOptions {
  readonly parts: NodeParts;
  readonly exec: Exec;
  readonly progress: (step: StepProgress) => void;
  /** Told when another process is at the build and has to be waited for, and after a build how long each step took. */
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
  const { exec, origin, parts } = options;
  await needDocker(exec);
  const built = await builtNodeImage(options);
  if (built !== null) return built;
  const wanted = origin ?? ((await registryAnswers(exec, parts)) ? "registry" : "offline");
  if (wanted === "offline") mustBeHadOffline(parts);
  const recipe = await recipeOf(wanted, parts);
  // One build at a time, for any image: builds share most steps, and each fills the machine. A later build finds the
  // shared steps done.
  await withLock("node-image", lockingFor(options), async () => {
    if (!(await isInDocker(recipe.image.tag, exec))) await buildImage(recipe, options);
  });
  return recipe.image;
}

/** Resolves to the node image of these parts, of any origin that is not given, that Docker has; null without one. */
export async function builtNodeImage({
  exec,
  origin,
  parts,
}: Pick<NodeImageOptions, "exec" | "origin" | "parts">): Promise<NodeImage | null> {
  const origins = origin ? [origin] : (["offline", "registry"] as const);
  const recipes = await Promise.all(origins.map((one) => recipeOf(one, parts)));
  for (const { image } of recipes) {
    if (await isInDocker(image.tag, exec)) return image;
  }
  return null;
}

function lockingFor({ say = () => undefined, signal }: NodeImageOptions): LockOptions {
  const dir = join(cacheDir(process.env), "locks");
  return { dir, say, budgetMs: WAIT_FOR_OTHER_MS, ...(signal ? { signal } : {}) };
}

/** Returns the name of the image of an origin, existing or not, and the seconds a cold build takes on 2 cores. */
export async function plannedNodeImage(
  origin: ImageOrigin,
  parts: NodeParts,
): Promise<{ readonly image: NodeImage; readonly coldS: number }> {
  const { image, steps } = await recipeOf(origin, parts);
  return { image, coldS: steps.reduce((sum, { expectedS }) => sum + expectedS, 0) };
}

/** Node images are tags of this. */
export const NODE_IMAGES = "faultline/node";

/** The tags of every image that a present recipe of these makes, the layers below among them. */
export async function presentImageTags(all: readonly NodeParts[]): Promise<readonly string[]> {
  const origins = ["offline", "registry"] as const;
  const recipes = await Promise.all(all.flatMap((parts) => origins.map((origin) => recipeOf(origin, parts))));
  const tags = recipes.flatMap(({ steps, keys }) =>
    steps.filter(({ image }) => image !== undefined).map((step) => imageTag(step, keys)),
  );
  return [...new Set(tags)];
}

async function buildImage({ image, steps, keys }: Recipe, options: NodeImageOptions): Promise<void> {
  const { exec, progress, signal } = options;
  const { mirror } = image.origin === "offline" ? await prepareHost(exec) : { mirror: "" };
  const paths = { mirror, source: (path: string) => join(CLUSTERS, path) };
  const keysNow = () => recipeKeys(steps, CLUSTERS);
  const build = { steps, keys, keysNow, cacheDir: stepsDir(), paths, exec, progress, signal };
  const startedAtMs = performance.now();
  const times = await runSteps(build);
  for (const line of describeTimes(times, performance.now() - startedAtMs)) options.say?.(line);
  await pruneCache(build);
}

async function recipeOf(origin: ImageOrigin, { kubernetesVersion, cni, cniVersion }: NodeParts): Promise<Recipe> {
  const release = releaseOf(kubernetesVersion);
  const stepsFor = origin === "offline" ? offlineSteps : registrySteps;
  const steps = stepsFor(release, cni.imageName ?? cni.name, cniVersion);
  const keys = await recipeKeys(steps, CLUSTERS);
  const last = steps.at(-1);
  if (last === undefined) throw new Error("a recipe has steps");
  return { image: { tag: imageTag(last, keys), origin, kubernetesVersion }, steps, keys };
}

function releaseOf(version: string): KubernetesRelease {
  const release = kubernetesRelease(version);
  if (release) return release;
  const known = KUBERNETES.map((one) => one.version).join(", ");
  throw new PreflightError(`node image: Kubernetes ${version} cannot be had`, `take one of ${known}`);
}

function mustBeHadOffline({ cni, cniVersion: { version, onlineOnly } }: NodeParts): void {
  if (onlineOnly === undefined) return;
  throw new PreflightError(
    `node image: ${cni.name} ${version} needs an image registry, and none answers: ${onlineOnly}`,
    "run where kind's images can be pulled, or take another CNI (./faultline list cells)",
  );
}

/** Finished steps, one directory each, and the logs. */
function stepsDir(): string {
  return join(cacheDir(process.env), "image");
}

/** Asks for the manifest only: the image itself would not come in 10 s. */
async function registryAnswers(exec: Exec, { kubernetesVersion }: NodeParts): Promise<boolean> {
  const argv = ["docker", "manifest", "inspect", releaseOf(kubernetesVersion).upstream];
  const asked = await exec(argv, { timeoutMs: REGISTRY_ANSWERS_WITHIN_MS });
  return asked.exitCode === 0;
}

async function needDocker(exec: Exec): Promise<void> {
  const { exitCode, stderr } = await exec(["docker", "version", "--format", "{{.Server.Version}}"]);
  if (exitCode === 0) return;
  throw new PreflightError(`node image: Docker does not answer: ${lastLines(stderr, 2)}`, "run ./faultline doctor");
}
