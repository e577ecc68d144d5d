import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { TestSignals } from "./signals.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FLAGS = ["--disable-warning=DEP0190", "--disable-warning=ExperimentalWarning"];
/** A run that a test has under way heals and deletes its cluster, then the tests' own `after` hooks run. */
const GRACE_MS = 90_000;

/** How a process is run. */
export interface NodeProcessOptions {
  /** How long the process group may go on after the first signal. */
  readonly graceMs?: number;
  /** The file descriptor that stdout and stderr go to; our terminal where there is none. */
  readonly output?: number;
}

/**
 * Runs node to its end and resolves to its exit code; 1 when a signal ended it. It and what it starts are a process
 * group of their own, to which each signal that we get is passed on, once; Ctrl-C alone would reach it twice. What is
 * left of the group `graceMs` after the first is killed.
 */
export async function nodeProcess(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  signals: TestSignals,
  { graceMs = GRACE_MS, output }: NodeProcessOptions = {},
): Promise<number> {
  const stdio: StdioOptions = output === undefined ? "inherit" : ["ignore", output, output];
  const options = { cwd: ROOT, stdio, detached: true, env: { ...process.env, ...env } };
  const child = spawn(process.execPath, [...FLAGS, ...argv], options);
  let grace: NodeJS.Timeout | undefined;
  const silence = signals.onEach((name) => {
    signalGroup(child, name);
    grace ??= setTimeout(() => signalGroup(child, "SIGKILL"), graceMs);
  });
  try {
    return await new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve(code ?? 1));
    });
  } finally {
    silence();
    clearTimeout(grace);
  }
}

function signalGroup({ pid }: ChildProcess, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, name);
  } catch {
    // The group has ended.
  }
}
