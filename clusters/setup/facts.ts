/** The machine as data for reports: versions and sizes, never the environment, user or host names. */
import { availableParallelism } from "node:os";
import type { CgroupMode } from "./cgroup.ts";
import { readCgroupMode } from "./cgroup.ts";
import type { CheckContext } from "./check.ts";
import { lackingCapabilities, probeEngine } from "./engine-probe.ts";
import { availableBytes } from "./memory.ts";

export interface HostFacts {
  readonly platform: string;
  readonly arch: string;
  readonly cpus: number;
  /** Empty where there is no /proc. */
  readonly kernelRelease: string;
  readonly cgroupMode: CgroupMode;
  /** Capabilities that the engine's containers cannot have. */
  readonly withheldCapabilities: readonly string[];
  readonly availableMemoryBytes: number | null;
  readonly freeCacheBytes: number;
  readonly node: string;
  /** Null when the engine does not answer. */
  readonly docker: { readonly version: string; readonly runtime: string; readonly kernel: string } | null;
}

/** Returns the facts; takes as long as one `docker info`. */
export async function gatherFacts(context: CheckContext): Promise<HostFacts> {
  const engine = await probeEngine(context);
  return {
    platform: context.platform,
    arch: context.arch,
    cpus: availableParallelism(),
    kernelRelease: ((await context.readText("/proc/sys/kernel/osrelease")) ?? "").trim(),
    cgroupMode: await readCgroupMode(context),
    withheldCapabilities: await lackingCapabilities(context, engine),
    availableMemoryBytes: availableBytes((await context.readText("/proc/meminfo")) ?? "") ?? null,
    freeCacheBytes: await context.freeBytes(context.cacheDir),
    node: process.versions.node,
    docker:
      engine.state === "running"
        ? { version: engine.version, runtime: engine.defaultRuntime, kernel: engine.kernel }
        : null,
  };
}
