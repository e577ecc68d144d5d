import { setTimeout as sleep } from "node:timers/promises";
import { PreflightError, UndecidedError } from "../lib/errors.ts";
import { ExecError, hostExec, mustExec, type Exec } from "../lib/exec.ts";
import { checkedName } from "./cluster-name.ts";

/** The labels by which a cluster's Docker network (and so the cluster) is known as ours. */
export const LABELS = {
  cluster: "faultline.cluster",
  cell: "faultline.cell",
  owner: "faultline.owner",
  runDir: "faultline.run-dir",
} as const;

/** A run's cluster for its cell number `index`; the run's id ends with its time of day and four random characters. */
export function clusterName(runId: string, index: number): string {
  return `faultline-${runId.slice(-11).replace("-", "")}${index}`;
}

/** Interface names have 15 characters at most (IFNAMSIZ). */
export function bridgeName(cluster: string): string {
  return `fl-${cluster.replace(/^faultline-/, "")}`.slice(0, 15);
}

/** A rule of ours in DOCKER-USER: whose network it closes, and the mark of who made it (setup/ownership.ts). */
export interface ClosingRule {
  readonly cluster: string;
  /** Empty in rules of before it was written down. */
  readonly owner: string;
}

/** The one rule that closes a cluster's network: what comes from its bridge and would not go back to it is dropped, silently. */
export function closingRule({ cluster, owner }: ClosingRule): readonly string[] {
  const bridge = bridgeName(cluster);
  const comment = `faultline:${cluster}${owner === "" ? "" : ` ${owner}`}`;
  return ["-i", bridge, "!", "-o", bridge, "-m", "comment", "--comment", comment, "-j", "DROP"];
}

/** Our rules among what `iptables -S DOCKER-USER` prints, each as often as it is there. Pure. */
export function closingRulesIn(listing: string): readonly ClosingRule[] {
  const comments = [...listing.matchAll(/^-A DOCKER-USER .*--comment (?:"([^"]*)"|(\S+)) .*-j DROP$/gm)];
  return comments.flatMap(([, quoted, bare]) => {
    const [, cluster = "", owner = ""] = /^faultline:(\S+)(?: (\S+))?$/.exec(quoted ?? bare ?? "") ?? [];
    return cluster === "" ? [] : [{ cluster, owner }];
  });
}

/** All our rules on this host; none where it has no such chain, or does not show it. */
export async function closingRules(exec: Exec = hostExec): Promise<readonly ClosingRule[]> {
  const { exitCode, stdout } = await exec([...IPTABLES, "-S", "DOCKER-USER"]);
  return exitCode === 0 ? closingRulesIn(stdout) : [];
}

const IPTABLES = ["iptables", "-w", "10"] as const;
const CREATE_ATTEMPTS = 5;
const BETWEEN_ATTEMPTS_MS = 300;

/**
 * Makes the cluster's own Docker network, closed before anything is on it: the rule goes in first and is read back. Throws UndecidedError when
 * it is not there afterwards, PreflightError when Docker has no subnet left.
 */
export async function createClosedNetwork(
  cluster: string,
  labels: Readonly<Record<string, string>>,
  exec: Exec = hostExec,
): Promise<void> {
  const rule = closingRule({ cluster: checkedName(cluster), owner: labels[LABELS.owner] ?? "" });
  await mustExec(exec, [...IPTABLES, "-I", "DOCKER-USER", "1", ...rule]);
  await readBackClosed(cluster, rule, exec);
  const labelled = Object.entries(labels).flatMap(([key, value]) => ["--label", `${key}=${value}`]);
  const bridge = `com.docker.network.bridge.name=${bridgeName(cluster)}`;
  const argv = ["docker", "network", "create", "--driver", "bridge", "-o", bridge, ...labelled, cluster];
  for (let attempt = 1; ; attempt += 1) {
    const result = await exec(argv);
    if (result.exitCode === 0) return;
    if (NO_SUBNET_LEFT.test(result.stderr)) throw noSubnetLeft(cluster, result.stderr);
    if (!SUBNET_TAKEN.test(result.stderr) || attempt === CREATE_ATTEMPTS) throw new ExecError(result);
    await sleep(BETWEEN_ATTEMPTS_MS);
  }
}

/** moby, libnetwork/ipam and drivers/bridge: Docker chooses the subnet, and who comes second may be told that it is taken; then the next is free. */
const SUBNET_TAKEN = /Pool overlaps with other one|networks have overlapping|conflicts with network/;
const NO_SUBNET_LEFT =
  /could not find an available, non-overlapping|predefined address pools have been fully subnetted/;

function noSubnetLeft(cluster: string, stderr: string): PreflightError {
  return new PreflightError(
    `network ${cluster}: Docker has no subnet left for it: ${stderr.trim()}`,
    "docker network ls shows who has them; ./faultline gc and docker network prune free those of nobody",
  );
}

async function readBackClosed(cluster: string, rule: readonly string[], exec: Exec): Promise<void> {
  const check = await exec([...IPTABLES, "-C", "DOCKER-USER", ...rule]);
  if (check.exitCode === 0) return;
  throw new UndecidedError(
    `network ${cluster}: the rule that closes it is not in DOCKER-USER: ${check.stderr.trim()}`,
    "run ./faultline doctor; Docker must manage iptables on this host",
  );
}

/** How many packets the closing rule has dropped so far. Throws when the rule is gone. */
export async function droppedPackets(cluster: string, exec: Exec = hostExec): Promise<number> {
  const { stdout } = await mustExec(exec, [...IPTABLES, "-L", "DOCKER-USER", "-v", "-n", "-x"]);
  const line = stdout.split("\n").find((one) => one.includes(`faultline:${cluster} `) && one.includes("DROP"));
  const packets = Number(line?.trim().split(/\s+/)[0]);
  if (Number.isNaN(packets))
    throw new UndecidedError(`network ${cluster}: its closing rule is gone`, "run the suite again");
  return packets;
}

/** Takes the network away, and then its rules, whoever made them; all of it may be gone already. */
export async function removeClosedNetwork(cluster: string, exec: Exec = hostExec): Promise<void> {
  const removed = await exec(["docker", "network", "rm", checkedName(cluster)]);
  const gone = removed.exitCode === 0 || /not found|No such network/i.test(removed.stderr);
  if (!gone) throw new Error(`network ${cluster} could not be removed: ${removed.stderr.trim()}`);
  for (const rule of await closingRules(exec)) {
    if (rule.cluster === cluster) await exec([...IPTABLES, "-D", "DOCKER-USER", ...closingRule(rule)]);
  }
}
