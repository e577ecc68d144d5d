import type { Cell } from "../../../lib/model/cell.ts";
import { BOUNDED_RUNTIME } from "../../setup/bounded-runtime.ts";
import { mustBeDisposable } from "../../setup/disposable.ts";
import { parseVersion } from "../../setup/version.ts";
import type { MachineProbe } from "../contract/cni.ts";

/** The first release of Docker whose privileged containers hold CAP_BPF and CAP_PERFMON (moby pull request 42011); of older ones, those that our own runtime starts do. */
const DOCKER_MAJOR = 23;

/**
 * What this machine lacks that Cilium's agent cannot do without, as what a cell "needs"; null for nothing. Looks and changes nothing. Without the capabilities `bpftool feature probe`, which the agent calls,
 * fails (met by hand). A kernel without modules is none of it: the manifest sees to that.
 */
export async function ciliumLacks(
  { proxyMode }: Pick<Cell, "proxyMode">,
  { exec, readText, platform }: MachineProbe,
): Promise<string | null> {
  // Elsewhere Docker runs in a virtual machine that cannot be looked into from here.
  if (platform !== "linux") return null;
  const asked = await exec(["docker", "info", "--format", "{{.ServerVersion}} {{.DefaultRuntime}}"]);
  const [version = "", runtime] = asked.stdout.trim().split(" ");
  const docker = parseVersion(version);
  if (docker && docker[0] < DOCKER_MAJOR && runtime !== BOUNDED_RUNTIME) {
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
