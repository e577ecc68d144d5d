import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { listRuns, readHeader } from "../../cli/store/run-dir.ts";
import { clusterName } from "../../clusters/create/network.ts";
import { parseOwner } from "../../clusters/ownership/owner.ts";
import type { Run, ScenarioResult } from "../../lib/verdict/result.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const RUNS = join(ROOT, "runs");

export interface CommandOutcome {
  readonly code: number | null;
  /** Of the process that carried the run out: the launcher becomes it. */
  readonly pid: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Launched {
  readonly child: ChildProcess;
  readonly outcome: Promise<CommandOutcome>;
}

/** Starts the launcher, as a user would. `env` is added; a value of undefined takes a variable away. */
export function launch(args: readonly string[], env: Readonly<Record<string, string | undefined>> = {}): Launched {
  const child = spawn(join(ROOT, "faultline"), args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const outcome = new Promise<CommandOutcome>((resolve) =>
    child.on("close", (code) => resolve({ code, pid: child.pid, stdout, stderr })),
  );
  return { child, outcome };
}

/** Runs the launcher to its end. */
export function faultline(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<CommandOutcome> {
  return launch(args, env).outcome;
}

/** Resolves to the text that the run's stderr has matched, as soon as it has; rejects when it ends without. */
export function said({ child, outcome }: Launched, what: RegExp): Promise<RegExpMatchArray> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const found = what.exec(text);
      if (found) resolve(found);
    });
    void outcome.then(({ code }) => reject(new Error(`the run ended with ${code} and did not say ${what}`)));
  });
}

/**
 * Throws unless a command ended with this code. The error has the table of stdout, which names failures and reasons, or
 * the last of stderr if there is no table.
 */
export function mustEnd({ code, stdout, stderr }: CommandOutcome, expected = 0): void {
  expect(code, `${stdout}\n${stderr.split("\n").slice(-40).join("\n")}`).to.equal(expected);
}

/**
 * Returns the clusters that a run named as its own, also if it made no report. Leaves out clusters that were taken or
 * in its way. Pure.
 */
export function clustersNamed(
  { stdout, stderr }: Pick<CommandOutcome, "stdout" | "stderr">,
  runId: string,
): readonly string[] {
  const stem = clusterName(runId, 0).slice(0, -1);
  const named = `${stdout}\n${stderr}`.match(/\bfaultline-\d{6}[0-9a-z]{4}\d+\b/g) ?? [];
  return [...new Set(named)].filter((name) => name.startsWith(stem) && /^\d+$/.test(name.slice(stem.length)));
}

/** The newest run below `runs` that this process carried out; undefined where it did not come to one. */
export function runOfProcess(pid: number | undefined, runs: string = RUNS): string | undefined {
  return listRuns(runs).findLast((run) => parseOwner(readHeader(join(runs, run)).owner)?.pid === pid);
}

/** The report of the newest run. */
export function latestReport(): Run {
  return JSON.parse(readFileSync(join(RUNS, "latest", "report.json"), "utf8")) as Run;
}

/** The report whose path a run printed last. */
export function runReported({ stdout }: CommandOutcome): Run {
  return JSON.parse(readFileSync(stdout.trim().split("\n").at(-1) ?? "", "utf8")) as Run;
}

/** A scenario's result in a report; throws when it is not there. */
export function resultOf(run: Run, scenario: string): ScenarioResult {
  const found = run.results.find((one) => one.scenario === scenario);
  if (!found)
    throw new Error(`${scenario} is not in the report; there are ${run.results.map((one) => one.scenario).join(", ")}`);
  return found;
}
