import { hostExec, mustExec } from "../lib/exec.ts";
import { LABELS, removeClosedNetwork } from "./network.ts";

/** Deletes a cluster with all that is its own: nodes, `outside`, network, closing rule. Parts may be gone already. Throws what could not be removed. */
export async function deleteCluster(kind: string, name: string): Promise<void> {
  // Its word is not needed: whatever it leaves is removed below, by kind's own label.
  await hostExec([kind, "delete", "cluster", "--name", name, "--kubeconfig", "/dev/null"], { timeoutMs: 120_000 });
  const containers = [...(await labelled(`${LABELS.cluster}=${name}`)), ...(await labelled(`${KIND_LABEL}=${name}`))];
  if (containers.length > 0) await mustExec(hostExec, ["docker", "rm", "--force", "--volumes", ...containers]);
  await removeClosedNetwork(name);
}

const KIND_LABEL = "io.x-k8s.kind.cluster";

async function labelled(label: string): Promise<readonly string[]> {
  const { stdout } = await mustExec(hostExec, ["docker", "ps", "--all", "--quiet", "--filter", `label=${label}`]);
  return stdout.split("\n").filter((id) => id !== "");
}
