/** What a run needs that has a cell on another kernel than this machine's. */
import { laneDir } from "./build.ts";
import { keptVms } from "./kept.ts";
import { moduleLacking } from "./needs.ts";
import { LANE_MEMORY_MIB } from "./shape.ts";
import type { Check } from "../setup/check.ts";
import { missing, ok, warning } from "../setup/check.ts";
import { availableBytes } from "../setup/memory.ts";
import { GIB, inGib } from "../setup/size.ts";

/** Stops no run: it only says where such cells run. */
export const kernelLane: Check = {
  id: "kernel-lane",
  what: "ip_vs in this kernel, or Linux on x86-64",
  why: "cells with kube-proxy mode ipvs or ipvs-sh run on a kernel in user mode where this one lacks ip_vs",
  find: async (context) => {
    if (context.platform !== "linux") return ok("not looked at: it is the kernel of Docker's VM that counts");
    if ((await moduleLacking("ip_vs", context)) === null) return ok("not needed: this kernel has ip_vs");
    const lacks = "this kernel lacks ip_vs: cells with ipvs or ipvs-sh";
    if (context.arch !== "x64") return warning(`${lacks} cannot run here (${context.arch})`);
    return ok(`${lacks} run on user-mode Linux, built once (about 10 min on 2 cores); not every suite holds there yet`);
  },
};

/** The VM's memory on top of what a run wants anyway. */
export const laneMemory: Check = {
  id: "lane-memory",
  what: `${inGib(neededBytes())} of available memory`,
  why: "the virtual machine of a cell on another kernel is given that much",
  find: async (context) => {
    const available = availableBytes((await context.readText("/proc/meminfo")) ?? "");
    if (available === undefined) return warning("not looked at: no /proc/meminfo here");
    const kept = keptVms(laneDir(context.cacheDir)).length;
    const detail = `${inGib(available)} available${kept > 0 ? `, ${kept} kept` : ""}`;
    // One that was kept has its memory already.
    if (kept > 0 || available >= neededBytes()) return ok(detail);
    return missing(detail, "stop something, or run without --kernel");
  },
};

function neededBytes(): number {
  return (LANE_MEMORY_MIB / 1024) * GIB;
}
