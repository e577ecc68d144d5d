import { hostExec, mustExec } from "../lib/exec.ts";
import { LABELS, removeClosedNetwork } from "./network.ts";

/** Deletes a cluster with all that is its own: nodes, `outside`, network, closing rule. Parts may be gone already. Throws what could not be removed. */
export async function deleteCluster(kind: string, name: string): Promise<void> {
  await mustExec(hostExec, [kind, "delete", "cluster", "--name", name, "--kubeconfig", "/dev/null"], {
    timeoutMs: 120_000,
  });
  const filter = `label=${LABELS.cluster}=${name}`;
  const { stdout } = await mustExec(hostExec, ["docker", "ps", "--all", "--quiet", "--filter", filter]);
  const containers = stdout.split("\n").filter((id) => id !== "");
  if (containers.length > 0) await mustExec(hostExec, ["docker", "rm", "--force", "--volumes", ...containers]);
  await removeClosedNetwork(name);
}
