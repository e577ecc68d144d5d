import type { Cell } from "../../../lib/model/cell.ts";
import { BOUNDED_RUNTIME } from "../../setup/bounded-runtime.ts";
import { parseVersion } from "../../setup/version.ts";
import type { MachineProbe } from "../contract/cni.ts";

/**
 * The first Docker release whose privileged containers hold CAP_BPF and CAP_PERFMON (moby pull request 42011). On older
 * ones, only containers of our own runtime do.
 */
const DOCKER_MAJOR = 23;

/**
 * Returns what this machine lacks for Cilium's agent, as what a cell "needs", or null. Reads only. The agent calls
 * `bpftool feature probe`, which fails without the capabilities (seen by hand). A kernel without modules is fine: the
 * manifest handles it.
 */
export async function ciliumLacks(
  { proxyMode }: Pick<Cell, "proxyMode">,
  { exec, platform }: MachineProbe,
): Promise<string | null> {
  if (proxyMode === "none") return "Cilium in kube-proxy's place, which is not supported here yet";
  // Elsewhere Docker runs in a virtual machine that cannot be looked into from here.
  if (platform !== "linux") return null;
  const info = await exec(["docker", "info", "--format", "{{.ServerVersion}} {{.DefaultRuntime}}"]);
  const [version = "", runtime] = info.stdout.trim().split(" ");
  const docker = parseVersion(version);
  if (docker && docker[0] < DOCKER_MAJOR && runtime !== BOUNDED_RUNTIME) {
    return `Docker ${DOCKER_MAJOR}, whose nodes may load BPF programs (here ${docker.join(".")})`;
  }
  return null;
}
