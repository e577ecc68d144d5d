import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { hostExec } from "../../lib/host/exec.ts";
import type { Run } from "../../lib/verdict/result.ts";
import { clusterOf, deleteLeftBy, hostState, type TestCluster } from "./cluster.ts";
import { clustersNamed, faultline, mustEnd, runOfProcess, runReported, type CommandOutcome } from "./command-line.ts";

/** A kept cluster of the default cell, and the run that made it. */
export interface SharedCluster extends TestCluster {
  readonly outcome: CommandOutcome;
  readonly run: Run;
}

/** This machine before the first shared cluster was made. */
let hostBefore: Promise<string> | undefined;
/** All that were made: each is deleted at the end, also where its test failed half-way. */
const made: CommandOutcome[] = [];
let shared: SharedCluster | undefined;

/**
 * Runs these suites on a new cluster of the default cell, keeps it and hands it on to `sharedCluster`. Throws where the
 * run does not end with 0.
 */
export async function makeShared(suites: readonly string[]): Promise<SharedCluster> {
  hostBefore ??= hostState();
  await hostBefore;
  shared = undefined;
  const outcome = await faultline(["run", ...suites, "--yes", "--keep", "always", "--progress", "plain"]);
  // Before anything can fail: it may have left a cluster.
  made.push(outcome);
  process.stdout.write(outcome.stdout);
  mustEnd(outcome);
  const run = runReported(outcome);
  shared = { ...clusterOf(run), outcome, run };
  return shared;
}

/**
 * The cluster that the tests of this process share, for a test that leaves it as it found it. A new one where there is
 * none, or where the last one is tainted, lacks a node, or was in the hands of a test that failed.
 */
export async function sharedCluster(): Promise<SharedCluster> {
  if (shared && (await isWhole(shared))) return shared;
  return await makeShared(["baseline/packet-flow"]);
}

/** The shared cluster, for a test that damages it: nobody gets it afterwards. */
export async function spendShared(): Promise<SharedCluster> {
  const cluster = await sharedCluster();
  shared = undefined;
  return cluster;
}

/** The shared clusters that were made so far, and the host's state before the first. Makes one where there is none. */
export async function allShared(): Promise<{ readonly names: readonly string[]; readonly hostBefore: string }> {
  if (made.length === 0) await sharedCluster();
  shared = undefined;
  const names = made.flatMap((outcome) => clustersNamed(outcome, runOfProcess(outcome.pid) ?? "none"));
  return { names, hostBefore: (await hostBefore) ?? "" };
}

async function isWhole({ recordPath, containers }: SharedCluster): Promise<boolean> {
  if (existsSync(join(dirname(recordPath), "tainted.json"))) return false;
  const running = ["docker", "inspect", "--format", "{{.State.Running}}", ...new Set(Object.values(containers))];
  const { exitCode, stdout } = await hostExec(running);
  return exitCode === 0 && !stdout.includes("false");
}

afterEach("a cluster of a test that failed is not handed on", function () {
  if (this.currentTest?.state === "failed") shared = undefined;
});

after("delete the shared clusters", async function () {
  for (const outcome of made) await deleteLeftBy(outcome);
});
