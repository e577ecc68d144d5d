import { UndecidedError } from "../lib/errors.ts";
import { hostExec, mustExec, type Exec } from "../lib/exec.ts";

/** The labels by which a cluster's Docker network (and so the cluster) is known as ours. */
export const LABELS = {
  cluster: "faultline.cluster",
  cell: "faultline.cell",
  owner: "faultline.owner",
  runDir: "faultline.run-dir",
} as const;

/** Interface names have 15 characters at most (IFNAMSIZ). */
export function bridgeName(cluster: string): string {
  return `fl-${cluster.replace(/^faultline-/, "")}`.slice(0, 15);
}

/** The one rule that closes a cluster's network: what comes from its bridge and would not go back to it is dropped, silently. */
export function closingRule(cluster: string): readonly string[] {
  const bridge = bridgeName(cluster);
  return ["-i", bridge, "!", "-o", bridge, "-m", "comment", "--comment", `faultline:${cluster}`, "-j", "DROP"];
}

/**
 * Makes the cluster's own Docker network, closed before anything is on it: the rule goes in first and is read back. Throws UndecidedError when
 * it is not there afterwards.
 */
export async function createClosedNetwork(
  cluster: string,
  labels: Readonly<Record<string, string>>,
  exec: Exec = hostExec,
): Promise<void> {
  await mustExec(exec, ["iptables", "-w", "10", "-I", "DOCKER-USER", "1", ...closingRule(cluster)]);
  await readBackClosed(cluster, exec);
  const labelled = Object.entries(labels).flatMap(([key, value]) => ["--label", `${key}=${value}`]);
  const bridge = `com.docker.network.bridge.name=${bridgeName(cluster)}`;
  await mustExec(exec, ["docker", "network", "create", "--driver", "bridge", "-o", bridge, ...labelled, cluster]);
}

async function readBackClosed(cluster: string, exec: Exec): Promise<void> {
  const check = await exec(["iptables", "-w", "10", "-C", "DOCKER-USER", ...closingRule(cluster)]);
  if (check.exitCode === 0) return;
  throw new UndecidedError(
    `network ${cluster}: the rule that closes it is not in DOCKER-USER: ${check.stderr.trim()}`,
    "run ./faultline doctor; Docker must manage iptables on this host",
  );
}

/** How many packets the closing rule has dropped so far. Throws when the rule is gone. */
export async function droppedPackets(cluster: string, exec: Exec = hostExec): Promise<number> {
  const { stdout } = await mustExec(exec, ["iptables", "-w", "10", "-L", "DOCKER-USER", "-v", "-n", "-x"]);
  const line = stdout.split("\n").find((one) => one.includes(`faultline:${cluster} `) && one.includes("DROP"));
  const packets = Number(line?.trim().split(/\s+/)[0]);
  if (Number.isNaN(packets))
    throw new UndecidedError(`network ${cluster}: its closing rule is gone`, "run the suite again");
  return packets;
}

/** Takes the network away, and the rule after it; both may be gone already. */
export async function removeClosedNetwork(cluster: string, exec: Exec = hostExec): Promise<void> {
  const removed = await exec(["docker", "network", "rm", cluster]);
  const gone = removed.exitCode === 0 || /not found|No such network/i.test(removed.stderr);
  if (!gone) throw new Error(`network ${cluster} could not be removed: ${removed.stderr.trim()}`);
  while ((await exec(["iptables", "-w", "10", "-D", "DOCKER-USER", ...closingRule(cluster)])).exitCode === 0);
}
