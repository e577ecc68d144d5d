/** What a run needs that has a cell on another kernel than this machine's. */
import { ownQemu, willDo } from "../lane/find-qemu.ts";
import { moduleLacking } from "../lane/needs.ts";
import { laneDir } from "../lane/build.ts";
import { keptVms } from "../lane/kept.ts";
import { LANE_MEMORY_MIB } from "../lane/shape.ts";
import type { Check, CheckContext, MachineFinding } from "./check.ts";
import { missing, ok, warning } from "./check.ts";
import { isDebianLike, missingPackages } from "./distribution.ts";
import { availableBytes } from "./memory.ts";
import { GIB, inGib } from "./size.ts";

const PACKAGES = ["qemu-system-x86", "qemu-utils", "util-linux"];
/** What comes in its place where it is too old is built for this machine's libraries. */
const TOO_OLD = "too old to emulate a Debian kernel reliably";

export const qemu: Check = {
  id: "qemu",
  what: "QEMU 8.2 or newer, or Debian's package of an older one",
  why: "a cell on another kernel runs in a virtual machine (docs/kernel-lane.md)",
  find: findQemu,
};

async function findQemu(context: CheckContext): Promise<MachineFinding> {
  if (context.platform !== "linux" || context.arch !== "x64")
    return missing(`${context.platform} ${context.arch}`, "run cells on another kernel on Linux on x86-64");
  const own = await ownQemu(context);
  if (own === undefined) return await missingPackages(context, "not found", PACKAGES);
  if (willDo(own)) return ok(own.version);
  if (!isDebianLike((await context.readText("/etc/os-release")) ?? ""))
    return missing(`${own.version}: ${TOO_OLD}`, "install QEMU 8.2 or newer");
  return ok(`${own.version}: ${TOO_OLD}; one of backports is unpacked in the cache for it`);
}

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
    return ok(
      `${lacks} run on user-mode Linux, built the first time (about 10 min on 2 cores); not every suite holds there yet`,
    );
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
