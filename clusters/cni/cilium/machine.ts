import type { Cell } from "../../../lib/cell.ts";
import { mustBeDisposable } from "../../setup/disposable.ts";
import { parseVersion } from "../../setup/version.ts";
import type { Machine } from "../cni.ts";

/** The first release of Docker whose privileged containers hold CAP_BPF and CAP_PERFMON (moby pull request 42011). */
const DOCKER_MAJOR = 23;

/**
 * What this machine lacks that Cilium's agent cannot do without, as what a cell "needs"; null for nothing. Looks and changes nothing. Both were met by hand: without /proc/modules the
 * agent ends at once (pkg/datapath/linux/modules), and without the capabilities `bpftool feature probe`, which it calls, fails.
 */
export async function ciliumLacks(
  { proxyMode }: Pick<Cell, "proxyMode">,
  { exec, readText, platform }: Machine,
): Promise<string | null> {
  // Elsewhere Docker runs in a virtual machine that cannot be looked into from here.
  if (platform !== "linux") return null;
  if ((await readText("/proc/modules")) === undefined) return "a kernel with modules (/proc/modules)";
  const asked = await exec(["docker", "version", "--format", "{{.Server.Version}}"]);
  const docker = parseVersion(asked.stdout);
  if (docker && docker[0] < DOCKER_MAJOR) {
    return `Docker ${DOCKER_MAJOR}, whose nodes may load BPF programs (here ${docker.join(".")})`;
  }
  const isOurs = async () =>
    await mustBeDisposable(readText).then(
      () => true,
      () => false,
    );
  if (proxyMode === "none" && !(await isOurs())) {
    return "a machine of its own: in kube-proxy's place Cilium attaches programs to the machine's cgroups";
  }
  return null;
}
