import { gatherFacts } from "../../clusters/setup/facts.ts";
import { KIND_VERSION } from "../../clusters/setup/kind.ts";
import { machine } from "./prepare.ts";

/** Versions and host facts for reports: no user, host name or environment. */
export async function cellFacts(): Promise<Readonly<Record<string, string>>> {
  const facts = await gatherFacts(machine());
  return {
    platform: `${facts.platform} ${facts.arch}`,
    cpus: String(facts.cpus),
    kernel: facts.kernelRelease,
    cgroup: facts.cgroupMode,
    node: facts.node,
    kind: KIND_VERSION,
    docker: facts.docker?.version ?? "not running",
    dockerRuntime: facts.docker?.runtime ?? "",
    withheldCapabilities: facts.withheldCapabilities.join(" "),
  };
}
