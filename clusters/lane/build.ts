import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PreflightError } from "../../lib/host/errors.ts";
import { hostExec } from "../../lib/host/exec.ts";
import { debianHost } from "../image/host-needs.ts";
import type { StepProgress } from "../image/node-image.ts";
import { pruneCache } from "../image/prune-cache.ts";
import { recipeKeys } from "../image/recipe.ts";
import { runSteps } from "../image/run-steps.ts";
import { withLock } from "../ownership/lock.ts";
import type { CheckContext } from "../setup/check.ts";
import { kindPath } from "../setup/kind.ts";
import { ownQemu, unpackedQemu, willDo } from "./find-qemu.ts";
import type { LaneKernel } from "../cells/kernels.ts";
import type { Qemu } from "./qemu.ts";
import { laneSteps, systemName, userModeName } from "./steps.ts";

interface Parts {
  readonly disks: { readonly system: string; readonly docker: string };
  /** The kernel's release, as `uname -r` will say. */
  readonly release: string;
}

/** The files a virtual machine of QEMU is made of. */
export interface LaneParts extends Parts {
  readonly runsIn: "qemu";
  readonly qemu: Qemu;
  readonly vmlinuz: string;
  readonly initrd: string;
  /** Digests of all that went into them. */
  readonly keys: Readonly<Record<string, string>>;
}

/** The files of a kernel in user mode. */
export interface UserModeParts extends Parts {
  readonly runsIn: "user-mode";
  /** The kernel: a program of this machine. */
  readonly linux: string;
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

/** Whether this machine has built a kernel of user mode already, as it would be built now. */
export async function isKernelBuilt(kernel: LaneKernel, cacheDir: string): Promise<boolean> {
  const parts = laneSteps({ kernel, imageTag: "", kind: "", lockDigest: "", project: PROJECT, withQemu: false });
  const own = parts.filter(({ name }) => name !== "lane-docker" && name !== systemName(kernel));
  const key = (await recipeKeys(own, CLUSTERS)).get(userModeName(kernel)) ?? "";
  return existsSync(join(laneDir(cacheDir), `${userModeName(kernel)}-${key}`, "linux"));
}

/** The VM's parts, built where they are not there; a step's result is kept by its content. Throws PreflightError when something cannot be had. */
export async function ensureLaneParts(build: LaneBuild): Promise<LaneParts | UserModeParts> {
  const { kernel, imageTag, context, progress, signal } = build;
  const kind = await kindPath(context);
  if (kind === undefined) throw new PreflightError("kernel lane: kind is gone since set-up");
  const inQemu = kernel.runsIn === "qemu";
  const own = inQemu ? await ownQemu(context) : undefined;
  const fits = own !== undefined && willDo(own);
  const lock = await readFile(join(PROJECT, "package-lock.json"));
  const lockDigest = createHash("sha256").update(lock).digest("hex");
  const steps = laneSteps({ kernel, imageTag, kind, lockDigest, project: PROJECT, withQemu: inQemu && !fits });
  const keysNow = () => recipeKeys(steps, CLUSTERS);
  const keys = await keysNow();
  const cacheDir = laneDir(context.cacheDir);
  const locking = { dir: join(context.cacheDir, "locks"), say: context.progress, budgetMs: WAIT_FOR_OTHER_MS, signal };
  await withLock("lane-build", locking, async () => {
    const { mirror } = await debianHost(hostExec);
    const paths = { mirror, source: (path: string) => join(CLUSTERS, path) };
    const run = { steps, keys, keysNow, cacheDir, paths, exec: hostExec, progress, signal, what: "kernel lane" };
    await runSteps(run);
    await pruneCache(run);
  });
  const made = (step: string, file: string) => join(cacheDir, `${step}-${keys.get(step) ?? ""}`, file);
  const disks = { system: made(systemName(kernel), "system.raw"), docker: made("lane-docker", "docker.raw") };
  const releaseOf = async (step: string) => (await readFile(made(step, "release"), "utf8")).trim();
  if (!inQemu) {
    const step = userModeName(kernel);
    return { runsIn: "user-mode", linux: made(step, "linux"), disks, release: await releaseOf(step) };
  }
  return {
    runsIn: "qemu",
    qemu: fits ? own : await unpackedQemu(context, made("lane-qemu", "tree")),
    vmlinuz: made(systemName(kernel), "vmlinuz"),
    initrd: made(systemName(kernel), "initrd.gz"),
    disks,
    release: await releaseOf(systemName(kernel)),
    keys: Object.fromEntries(keys),
  };
}
