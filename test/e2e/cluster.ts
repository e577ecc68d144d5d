import type { ChildProcess } from "node:child_process";
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { ClusterRecord } from "../../lib/model/cluster.ts";
import { readEventLog } from "../../lib/events/event-log.ts";
import { containerExec } from "../../lib/host/container-exec.ts";
import { hostExec, mustExec } from "../../lib/host/exec.ts";
import { diffFingerprints, takeFingerprint, type Fingerprint } from "../../lib/fingerprint/fingerprint.ts";
import type { Run } from "../../lib/verdict/result.ts";
import { waitFor } from "../../lib/host/wait.ts";
import { cellDirs } from "../../cli/store/run-dir.ts";
import { deleteCluster } from "../../clusters/create/delete.ts";
import { clustersNamed, runOfProcess, RUNS, type CommandOutcome } from "./command-line.ts";

/** The kept cluster of a run, looked at past the harness. */
export interface TestCluster {
  readonly name: string;
  readonly recordPath: string;
  readonly containers: ClusterRecord["containers"];
  onNode(node: "A" | "B", argv: readonly string[]): Promise<string>;
  fingerprint(node: "A" | "B"): Promise<Fingerprint>;
  differences(node: "A" | "B", before: Fingerprint): Promise<readonly string[]>;
  readonly ON_A_FULL_DISK: string;
}

/**
 * Constant: $1 runs directory, $2 a cluster's record, $3 the cluster. 72 KiB hold a run up to its fault, not beyond.
 */
const ON_A_FULL_DISK = `set -eu
cell=$(dirname "$2"); run=$(dirname "$(dirname "$cell")"); keep=$(mktemp -d)
cp "$cell/cluster.json" "$cell/kubeconfig" "$run/run.json" "$keep/"
mount -t tmpfs -o size=72k tmpfs "$1"
mkdir -p "$cell"
mv "$keep/run.json" "$run/"; mv "$keep/cluster.json" "$keep/kubeconfig" "$cell/"
rmdir "$keep"
exec ./faultline run nodes/ip-forward --cluster "$3" --progress none`;

export function clusterOf(run: Run): TestCluster {
  const dir = cellDirs(join(RUNS, run.runId))[0] ?? "";
  const recordPath = join(dir, "cluster.json");
  const record = JSON.parse(readFileSync(recordPath, "utf8")) as ClusterRecord;
  const exec = (node: "A" | "B") => containerExec(record.containers[node], hostExec);
  return {
    name: record.name,
    recordPath,
    containers: record.containers,
    onNode: async (node, argv) => (await mustExec(exec(node), argv)).stdout,
    fingerprint: (node) => takeFingerprint(exec(node)),
    differences: async (node, before) => diffFingerprints(before, await takeFingerprint(exec(node))),
    ON_A_FULL_DISK,
  };
}

/**
 * For `after`: deletes the clusters that a run made, kept ones too, and no others. `runs`: the runs directory of that
 * checkout. It finds them in the run's output, not in its report, so it works where `before` failed. Does nothing
 * without an outcome (undefined): the error of `before` is the one to read.
 */
export async function deleteLeftBy(outcome: CommandOutcome | undefined, runs: string = RUNS): Promise<void> {
  if (outcome === undefined) return;
  const runId = runOfProcess(outcome.pid, runs);
  if (runId === undefined) return;
  for (const name of clustersNamed(outcome, runId)) await deleteCluster(name, { exec: hostExec });
}

/** Waits until the newest run, that of `child`, has its fault in force; resolves to the pid of its cell process. */
export async function injectedIn(child: ChildProcess): Promise<number> {
  const before = existsSync(join(RUNS, "latest")) ? readlinkSync(join(RUNS, "latest")) : "";
  return await waitFor(
    "a fault to be in force",
    async () => {
      if (child.exitCode !== null) throw new Error(`the run ended with ${child.exitCode}`);
      const latest = readlinkSync(join(RUNS, "latest"));
      if (latest === before) throw new Error("the run has not begun");
      const events = readEventLog(join(cellDirs(join(RUNS, latest))[0] ?? "", "events.ndjson"));
      if (!events.some((event) => event.type === "read-back")) throw new Error("not injected yet");
      return await cellProcessOf(child);
    },
    { budgetMs: 90_000, intervalMs: 50 },
  );
}

async function cellProcessOf(child: ChildProcess): Promise<number> {
  const { stdout } = await mustExec(hostExec, ["pgrep", "--parent", String(child.pid), "--full", "cell-process.ts"]);
  return Number(stdout.trim().split("\n")[0]);
}

/**
 * Returns the host's firewall, routes, links and network sysctls as text, without Docker's own chains, bridges and
 * counters.
 */
export async function hostState(): Promise<string> {
  const parts = await Promise.all([
    mustExec(hostExec, ["iptables-save"]),
    mustExec(hostExec, ["ip", "-o", "route"]),
    mustExec(hostExec, ["ip", "-o", "-br", "link"]),
    mustExec(hostExec, ["nft", "list", "tables"]),
    mustExec(hostExec, [
      "sysctl",
      "-a",
      "-r",
      "^net\\.(ipv4\\.(ip_forward|conf\\.(all|default))|bridge|ipv6\\.conf\\.(all|default))",
    ]),
  ]);
  const docker = /docker|br-|veth|^#|^:|^COMMIT|172\.\d+\.|DOCKER|POSTROUTING -s/i;
  const lines = parts.flatMap(({ stdout }) => stdout.split("\n"));
  return lines.filter((line) => line.includes("fl-") || !docker.test(line)).join("\n");
}
