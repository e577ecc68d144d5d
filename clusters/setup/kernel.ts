import { mustExec } from "../../lib/host/exec.ts";
import { asRoot } from "./as-root.ts";
import type { Check, CheckContext, MachineFinding } from "./check.ts";
import { fixable, missing, ok, warning } from "./check.ts";
import { missingPackages } from "./distribution.ts";
import { compareVersions, parseVersion } from "./version.ts";

/** bridge-nf-call-iptables is per network namespace since 5.3; on older kernels a fault would reach the host. */
const OLDEST = [5, 3, 0] as const;
const BRIDGE_NETFILTER = "/proc/sys/net/bridge/bridge-nf-call-iptables";

export const kernel: Check = {
  id: "kernel",
  what: "Linux 5.3 or newer with bridge netfilter",
  why: "faults must stay in a node's own network namespace, and bridge CNIs need br_netfilter",
  find: findKernel,
};

async function findKernel(context: CheckContext): Promise<MachineFinding> {
  if (context.platform !== "linux") return warning("not checked: containers use the kernel of Docker's VM");
  const release = ((await context.readText("/proc/sys/kernel/osrelease")) ?? "").trim();
  const version = parseVersion(release);
  if (version === undefined) return warning(`release ${JSON.stringify(release)} is not a version`);
  if (compareVersions(version, OLDEST) < 0)
    return missing(`${release} is too old`, "upgrade the kernel to 5.3 or newer");
  if ((await context.readText(BRIDGE_NETFILTER)) !== undefined) return ok(`${release}, bridge netfilter present`);
  const argv = asRoot(context, ["modprobe", "br_netfilter"]);
  const detail = `${release}, bridge netfilter absent`;
  const load = async () => {
    await mustExec(context.exec, argv);
  };
  if ((await context.which("modprobe")) !== undefined) return fixable(detail, argv.join(" "), load);
  return await missingPackages(context, `${detail}; modprobe not found`, ["kmod"], load);
}
