import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import type { StopBudget } from "./stop-budget.ts";

export interface StoppableProcess {
  /** Node's arguments: options, script, the script's arguments. */
  readonly argv: readonly string[];
  /** The file that its output is appended to. */
  readonly logPath: string;
  /** Shows its stdout as well. */
  readonly show: boolean;
  /** Tells it to stop. */
  readonly signal: AbortSignal;
  /** Asked when it is told to stop. */
  readonly stopBudget: () => StopBudget;
  /** Gets one line when it is told to stop, and one when it has not ended in time. */
  readonly say: (line: string) => void;
}

/**
 * Runs a Node process and resolves to its exit code, or to the name of the signal that killed it. It has a process
 * group of its own, so that a Ctrl-C on the terminal reaches only this process. When the signal aborts it gets SIGTERM,
 * and SIGKILL if it has not ended within the stop budget.
 */
export async function runStoppable({
  argv,
  logPath,
  show,
  signal,
  stopBudget,
  say,
}: StoppableProcess): Promise<string> {
  const child = spawn(process.execPath, argv, {
    detached: true,
    stdio: ["ignore", show ? "inherit" : "pipe", "pipe", "ipc"],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => keep(logPath, chunk));
  }
  let lastResort: NodeJS.Timeout | undefined;
  const stop = () => {
    child.kill("SIGTERM");
    const { budgetMs, what } = stopBudget();
    const within = `${Math.ceil(budgetMs / 1000)} s`;
    say(`stopping: waiting up to ${within} for ${what}`);
    lastResort = setTimeout(() => {
      say(`killed: it did not end within ${within}; the journal says what is still to be undone`);
      child.kill("SIGKILL");
    }, budgetMs);
  };
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  try {
    return await new Promise<string>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, killedBy) => resolve(killedBy ?? String(code)));
    });
  } finally {
    clearTimeout(lastResort);
    signal.removeEventListener("abort", stop);
  }
}

/** Keeps output for a later look. Ignores errors: a full disk must not end a run that has faults in force. */
function keep(logPath: string, chunk: Buffer): void {
  try {
    writeFileSync(logPath, chunk, { flag: "a", mode: 0o600 });
  } catch {
    // The event log meets the same disk, and says so.
  }
}
