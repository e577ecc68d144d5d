import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { listRuns, readHeader } from "../../cli/store/run-dir.ts";
import { clusterName } from "../../clusters/create/network.ts";
import { hostExec, mustExec } from "../../lib/host/exec.ts";
import { GiveUpError, waitFor } from "../../lib/host/wait.ts";
import { RUNS } from "./command-line.ts";

/** What a run is called, as soon as it has begun. */
export interface BegunRun {
  readonly runId: string;
  /** Of its first cell. */
  readonly cluster: string;
}

/** The run that a launcher carries out: it becomes the run's process, so the run's owner has its number. */
export async function begun(child: ChildProcess): Promise<BegunRun> {
  return await waitFor(
    "the run to begin",
    () => {
      if (child.exitCode !== null) throw new GiveUpError(`the run ended with ${child.exitCode}`);
      const runId = listRuns().findLast((id) => readHeader(join(RUNS, id)).owner.startsWith(`${child.pid}/`));
      if (runId === undefined) throw new Error("it has not begun");
      return Promise.resolve({ runId, cluster: clusterName(runId, 0) });
    },
    { budgetMs: 60_000, intervalMs: 20 },
  );
}

/** Everything of a cluster that this machine still has, looked at past the harness: "" when there is nothing. */
export async function tracesOf(cluster: string): Promise<string> {
  const [containers, networks, rules, processes] = await Promise.all([
    mustExec(hostExec, ["docker", "ps", "--all", "--filter", `name=^${cluster}-`, "--format", "container {{.Names}}"]),
    mustExec(hostExec, ["docker", "network", "ls", "--filter", `name=^${cluster}$`, "--format", "network {{.Name}}"]),
    mustExec(hostExec, ["iptables", "-S", "DOCKER-USER"]),
    hostExec(["pgrep", "--full", "--list-full", `create cluster --name ${cluster} `]),
  ]);
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const lease = existsSync(join(cache, "faultline", "in-use", cluster)) ? "lease" : "";
  const ours = rules.stdout.split("\n").filter((rule) => rule.includes(cluster));
  return [containers.stdout, networks.stdout, ...ours, processes.stdout, lease].join("\n").trim();
}

/** Names of the volumes that no container has. */
export async function danglingVolumes(): Promise<readonly string[]> {
  const { stdout } = await mustExec(hostExec, ["docker", "volume", "ls", "--quiet", "--filter", "dangling=true"]);
  return stdout.split("\n").filter((name) => name !== "");
}
