import { cellId, type Cell } from "../../lib/model/cell.ts";
import { UndecidedError } from "../../lib/host/errors.ts";
import { lastLines, mustExec } from "../../lib/host/exec.ts";
import { waitFor } from "../../lib/host/wait.ts";
import { DIAGNOSE } from "./scripts.ts";
import { ENV_IN_VM, FAULTLINE, IN_VM } from "./guest-project.ts";
import { byLine, execOn, type Line } from "./line.ts";

/** Emulation is slow, and a machine that is shared slower. */
const DOCKER_WITHIN_MS = 300_000;
const CLUSTER_WITHIN_MS = 40 * 60_000;
const READY_WITHIN_S = "900";
const DIAGNOSED_WITHIN_MS = 60_000;

export interface MakeOrder {
  /** As the VM sees it. */
  readonly cell: Cell;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** Resolves when a VM that has just booted has its Docker up. */
export async function dockerAnswers(line: Line, signal: AbortSignal): Promise<void> {
  await waitFor("the VM's Docker", () => mustExec(execOn(line), ["docker", "version"]), {
    ...{ budgetMs: DOCKER_WITHIN_MS, intervalMs: 1000, attemptTimeoutMs: DOCKER_WITHIN_MS, signal },
  });
}

/**
 * Has the project in a VM that has just booted make the cell's cluster, prove it with the baseline and keep it: the same command as anywhere. Resolves to the cluster's name.
 * `say` hears how far it is. Throws UndecidedError with the last it said.
 */
export async function makeCluster(line: Line, { cell, signal, say }: MakeOrder): Promise<string> {
  const exec = execOn(line);
  await dockerAnswers(line, signal);
  const options = ["--ready-timeout", READY_WITHIN_S, "--evidence", "none", "--progress", "plain"];
  const argv = [...FAULTLINE, "run", "baseline", "--keep", "always", "--yes", "--cell", cellId(cell), ...options];
  const making = execOn(
    line,
    byLine((said) => say(`in the VM: ${said}`)),
  );
  const result = await making(argv, {
    cwd: IN_VM,
    timeoutMs: CLUSTER_WITHIN_MS,
    env: ENV_IN_VM,
    signal,
  });
  if (result.exitCode !== 0) {
    const how = result.timedOut ? "timed out" : `exit ${result.exitCode ?? "by signal"}`;
    const seen = await exec(["bash", "-c", DIAGNOSE], { cwd: IN_VM, timeoutMs: DIAGNOSED_WITHIN_MS });
    const last = `${lastLines(`${result.stderr}\n${result.stdout}`, 25)}\n${lastLines(seen.stdout, 60)}`;
    throw new UndecidedError(`the VM's cluster was not made (${how}):\n${last}`, "run it again");
  }
  const record = await mustExec(exec, [
    "find",
    `${IN_VM}/runs/latest/cells`,
    "-name",
    "cluster.json",
    "-exec",
    "cat",
    "{}",
    "+",
  ]);
  return (JSON.parse(record.stdout) as { name: string }).name;
}
