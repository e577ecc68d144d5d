import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { PreflightError } from "../../lib/host/errors.ts";
import { ExecError, type Exec } from "../../lib/host/exec.ts";
import { bridgeName, closeBy, LABELS, removeClosingRules } from "../ownership/closing-rule.ts";
import { checkedName } from "../ownership/cluster-name.ts";

/**
 * Returns the name of a run's cluster for cell number `index`, from the run's time of day and its four random
 * characters.
 */
export function clusterName(runId: string, index: number): string {
  return `faultline-${runId.slice(-11).replace("-", "")}${index}`;
}

const CREATE_ATTEMPTS = 5;
const BETWEEN_ATTEMPTS_MS = 300;

/**
 * Creates the cluster's own Docker network, closed from the start: a rule for each IP family goes in first and is read
 * back. Throws UndecidedError when a rule is missing afterwards, PreflightError when Docker has no subnet left. A
 * network with IPv6 makes Docker set the host's net.ipv6.conf.*.forwarding to 1, and Docker never resets it
 * (docs/ip-families.md).
 */
export async function createClosedNetwork(
  cluster: string,
  { labels, ipv6 = false }: NetworkOptions,
  exec: Exec,
): Promise<void> {
  const owner = labels[LABELS.owner] ?? "";
  checkedName(cluster);
  for (const family of ipv6 ? ([4, 6] as const) : ([4] as const)) await closeBy({ cluster, owner, family }, exec);
  const labelled = Object.entries(labels).flatMap(([key, value]) => ["--label", `${key}=${value}`]);
  const bridge = `com.docker.network.bridge.name=${bridgeName(cluster)}`;
  const argv = ["docker", "network", "create", "--driver", "bridge", "-o", bridge, ...labelled];
  for (let attempt = 1; ; attempt += 1) {
    const families = ipv6 ? ["--ipv6", "--subnet", uniqueLocalSubnet(cluster, attempt)] : [];
    const result = await exec([...argv, ...families, cluster]);
    if (result.exitCode === 0) return;
    if (NO_SUBNET_LEFT.test(result.stderr)) throw noSubnetLeft(cluster, result.stderr);
    if (!SUBNET_TAKEN.test(result.stderr) || attempt === CREATE_ATTEMPTS) throw new ExecError(result);
    await sleep(BETWEEN_ATTEMPTS_MS);
  }
}

export interface NetworkOptions {
  readonly labels: Readonly<Record<string, string>>;
  /** IPv6 beside IPv4, which every Docker network has. */
  readonly ipv6?: boolean;
}

/**
 * Returns a /64 for the cluster, another for each attempt, since Docker 20.10 chooses none by itself. It is fd and 40
 * pseudo-random bits (RFC 4193, 3.2.2), here from the cluster's unique name. Pure.
 */
export function uniqueLocalSubnet(cluster: string, attempt: number): string {
  const bits = createHash("sha256").update(`${cluster} ${attempt}`).digest("hex");
  return `fd${bits.slice(0, 2)}:${bits.slice(2, 6)}:${bits.slice(6, 10)}::/64`;
}

/**
 * moby, libnetwork/ipam and drivers/bridge: of two concurrent requests, Docker may tell the second that its subnet is
 * taken; the next attempt gets a free one.
 */
const SUBNET_TAKEN = /Pool overlaps with other one|networks have overlapping|conflicts with network/;
const NO_SUBNET_LEFT =
  /could not find an available, non-overlapping|predefined address pools have been fully subnetted/;

function noSubnetLeft(cluster: string, stderr: string): PreflightError {
  return new PreflightError(
    `network ${cluster}: Docker has no subnet left for it: ${stderr.trim()}`,
    "docker network ls lists them; ./faultline gc and docker network prune remove the unused ones",
  );
}

/** Removes the network and then its rules, from any owner. All of it may be gone already. */
export async function removeClosedNetwork(cluster: string, exec: Exec): Promise<void> {
  const removed = await exec(["docker", "network", "rm", checkedName(cluster)]);
  const gone = removed.exitCode === 0 || /not found|No such network/i.test(removed.stderr);
  if (!gone) throw new Error(`network ${cluster} could not be removed: ${removed.stderr.trim()}`);
  await removeClosingRules(cluster, exec);
}
