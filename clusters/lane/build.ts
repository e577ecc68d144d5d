import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PreflightError } from "../../lib/errors.ts";
import { hostExec } from "../../lib/exec.ts";
import { debianHost } from "../image/host-needs.ts";
import type { StepProgress } from "../image/node-image.ts";
import { pruneCache } from "../image/prune-cache.ts";
import { recipeKeys } from "../image/recipe.ts";
import { runSteps } from "../image/run-steps.ts";
import { alone } from "../lock.ts";
import type { CheckContext } from "../setup/check.ts";
import { kindPath } from "../setup/kind.ts";
import { ownQemu, unpackedQemu, willDo } from "./find-qemu.ts";
import type { LaneKernel } from "./kernels.ts";
import type { Qemu } from "./qemu.ts";
import { kernelSlug, laneSteps } from "./steps.ts";

/** The files a VM is made of. */
export interface LaneParts {
  readonly qemu: Qemu;
  readonly vmlinuz: string;
  readonly initrd: string;
  readonly disks: { readonly system: string; readonly docker: string };
  /** The kernel's release, as `uname -r` will say. */
  readonly release: string;
  /** Digests of all that went into them. */
  readonly keys: Readonly<Record<string, string>>;
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

/** The VM's parts, built where they are not there; a step's result is kept by its content. Throws PreflightError when something cannot be had. */
export async function ensureLaneParts(build: LaneBuild): Promise<LaneParts> {
  const { kernel, imageTag, context, progress, signal } = build;
  const kind = await kindPath(context);
  if (kind === undefined) throw new PreflightError("kernel lane: kind is gone since set-up");
  const own = await ownQemu(context);
  const fits = own !== undefined && willDo(own);
  const lock = await readFile(join(PROJECT, "package-lock.json"));
  const lockDigest = createHash("sha256").update(lock).digest("hex");
  const steps = laneSteps({ kernel, imageTag, kind, lockDigest, project: PROJECT, withQemu: !fits });
  const keysNow = () => recipeKeys(steps, CLUSTERS);
  const keys = await keysNow();
  const cacheDir = laneDir(context.cacheDir);
  const locking = { dir: join(context.cacheDir, "locks"), say: context.progress, budgetMs: WAIT_FOR_OTHER_MS, signal };
  await alone("lane-build", locking, async () => {
    const { mirror } = await debianHost(hostExec);
    const paths = { mirror, source: (path: string) => join(CLUSTERS, path) };
    const run = { steps, keys, keysNow, cacheDir, paths, exec: hostExec, progress, signal, what: "kernel lane" };
    await runSteps(run);
    await pruneCache(run);
  });
  const made = (step: string, file: string) => join(cacheDir, `${step}-${keys.get(step) ?? ""}`, file);
  const system = `lane-system-${kernelSlug(kernel)}`;
  return {
    qemu: fits ? own : await unpackedQemu(context, made("lane-qemu", "tree")),
    vmlinuz: made(system, "vmlinuz"),
    initrd: made(system, "initrd.gz"),
    disks: { system: made(system, "system.raw"), docker: made("lane-docker", "docker.raw") },
    release: (await readFile(made(system, "release"), "utf8")).trim(),
    keys: Object.fromEntries(keys),
  };
}
