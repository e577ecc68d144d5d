/** What a run needs that has a cell on another kernel than this machine's. */
import { ownQemu, willDo } from "../lane/find-qemu.ts";
import { moduleLacking } from "../lane/needs.ts";
import { LANE_MEMORY_MIB } from "../lane/shape.ts";
import type { Check, CheckContext, Finding } from "./check.ts";
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

async function findQemu(context: CheckContext): Promise<Finding> {
  if (context.platform !== "linux" || context.arch !== "x64")
    return missing(`${context.platform} ${context.arch}`, "run cells on another kernel on Linux on x86-64");
  const own = await ownQemu(context);
  if (own === undefined) return await missingPackages(context, "not found", PACKAGES);
  if (willDo(own)) return ok(own.version);
  if (!isDebianLike((await context.readText("/etc/os-release")) ?? ""))
    return missing(`${own.version}: ${TOO_OLD}`, "install QEMU 8.2 or newer");
  return ok(`${own.version}: ${TOO_OLD}; one of backports is unpacked in the cache for it`);
}

/** Stops no run: whoever asks for such a cell has QEMU installed then. */
export const kernelLane: Check = {
  id: "kernel-lane",
  what: "ip_vs in this kernel, or QEMU",
  why: "cells with kube-proxy mode ipvs or ipvs-sh run in a virtual machine where the kernel lacks ip_vs",
  find: async (context) => {
    const cells = "cells with ipvs or ipvs-sh run in a virtual machine";
    if (context.platform !== "linux") return ok("not looked at: it is the kernel of Docker's VM that counts");
    if ((await moduleLacking("ip_vs", context)) === null) return ok("not needed: this kernel has ip_vs");
    const { state, detail } = await findQemu(context);
    if (state === "ok") return ok(`this kernel lacks ip_vs: ${cells}; ${detail}`);
    return warning(`this kernel lacks ip_vs: ${cells}; QEMU ${detail}, a run of one installs it where it can`);
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
    const detail = `${inGib(available)} available`;
    return available >= neededBytes() ? ok(detail) : missing(detail, "stop something, or run without --kernel");
  },
};

function neededBytes(): number {
  return (LANE_MEMORY_MIB / 1024) * GIB;
}
