import { mustExec, type Exec } from "../../lib/host/exec.ts";
import { waitFor } from "../../lib/host/wait.ts";
import { checkedName, KIND_LABEL, kindNames } from "../ownership/cluster-name.ts";
import { stopCreatorsOf } from "./kind-process.ts";
import { closingRules, LABELS } from "../ownership/closing-rule.ts";
import { removeClosedNetwork } from "./network.ts";

export interface DeleteOptions {
  readonly exec: Exec;
  /** Kills the kind processes that create the cluster and returns their number; default: finds them on this machine. */
  readonly stopCreators?: (cluster: string) => number;
  /** Default 60 s. */
  readonly budgetMs?: number;
  /** Default 400 ms. */
  readonly intervalMs?: number;
}

/**
 * Deletes a cluster and everything that belongs to it: the kind process still creating it, nodes with their volumes,
 * `outside`, peer clusters, network, closing rules. Parts may be gone already. It repeats until a check finds nothing:
 * the engine still carries out requests of a killed client, and Docker lists such a container seconds before it can
 * remove it. It does not use `kind delete`, which locks the kubeconfig it is given (even /dev/null) without recording
 * the holder: of two calls at once one fails, and after a kill all fail.
 * Throws UsageError for an invalid name, WaitTimeoutError with the parts that could not be removed.
 */
export async function deleteCluster(cluster: string, options: DeleteOptions): Promise<void> {
  const { exec, stopCreators = stopCreatorsOf, budgetMs = 60_000, intervalMs = 400 } = options;
  checkedName(cluster);
  const attempt = async () => {
    const stopped = kindNames(cluster).reduce((sum, name) => sum + stopCreators(name), 0);
    await removeContainers(cluster, exec);
    await removeClosedNetwork(cluster, exec);
    // Its last requests to the engine may still be under way.
    if (stopped > 0) throw new Error("kind was still creating it");
    const left = await partsLeft(cluster, exec);
    if (left.length > 0) throw new Error(`left: ${left.join(", ")}`);
  };
  await waitFor(`cluster ${cluster} to be gone`, attempt, { budgetMs, intervalMs, attemptTimeoutMs: budgetMs });
}

/**
 * Removes a cluster's nodes and `outside` with their volumes. Docker's failures are ignored: check what is left
 * afterwards.
 */
export async function removeContainers(cluster: string, exec: Exec): Promise<void> {
  const containers = await containersOf(cluster, exec);
  if (containers.length > 0) await exec(["docker", "rm", "--force", "--volumes", ...containers]);
}

async function partsLeft(cluster: string, exec: Exec): Promise<readonly string[]> {
  const networkArgv = ["docker", "network", "ls", "--quiet", "--filter", `name=^${cluster}$`];
  const [containers, network, rules] = await Promise.all([
    containersOf(cluster, exec),
    mustExec(exec, networkArgv),
    closingRules(exec),
  ]);
  const ruleLeft = rules.some((rule) => rule.cluster === cluster) ? ["closing rule"] : [];
  return [...containers, ...ids(network.stdout), ...ruleLeft];
}

async function containersOf(cluster: string, exec: Exec): Promise<readonly string[]> {
  const labels = [`${LABELS.cluster}=${cluster}`, ...kindNames(cluster).map((name) => `${KIND_LABEL}=${name}`)];
  const lists = await Promise.all(
    labels.map((label) => mustExec(exec, ["docker", "ps", "--all", "--quiet", "--filter", `label=${label}`])),
  );
  return [...new Set(lists.flatMap(({ stdout }) => ids(stdout)))];
}

function ids(stdout: string): readonly string[] {
  return stdout.split("\n").filter((id) => id !== "");
}
