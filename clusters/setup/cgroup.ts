import type { Check, CheckContext } from "./check.ts";
import { ok, warning } from "./check.ts";

export type CgroupMode = "v2" | "v1 hybrid" | "v1" | "none";

export const cgroup: Check = {
  id: "cgroup",
  what: "a cgroup hierarchy",
  why: "kubelet 1.35 and newer refuse cgroup v1",
  find: async (context) => {
    if (context.platform !== "linux") return ok("not checked: containers use the one of Docker's VM");
    const mode = cgroupMode(await context.readText("/proc/self/mounts"));
    if (mode === "none") return warning("no cgroup file system is mounted");
    return ok(mode === "v2" ? mode : `${mode}: Kubernetes 1.34 or older only`);
  },
};

/**
 * Returns the hierarchy in use, from the text of /proc/self/mounts (cgroups(7)): v1 with a v2 tree beside it is hybrid.
 */
export function cgroupMode(mounts: string | undefined): CgroupMode {
  const types = (mounts ?? "").split("\n").map((line) => line.split(" ")[2]);
  const [v1, v2] = [types.includes("cgroup"), types.includes("cgroup2")];
  if (v1) return v2 ? "v1 hybrid" : "v1";
  return v2 ? "v2" : "none";
}

/** Returns the cgroup mode of a machine. */
export async function readCgroupMode(context: CheckContext): Promise<CgroupMode> {
  return cgroupMode(await context.readText("/proc/self/mounts"));
}
