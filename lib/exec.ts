/**
 * Runs commands: the only file that imports zx. A command is an argv, never a string, so nothing is ever parsed by a shell
 * of ours (zx quotes each element for its bash, see ARCHITECTURE.md, "zx").
 */
import { $, quote } from "zx/core";

/** What a command did. `exitCode` is null when a signal or the time-out ended it. */
export interface ExecResult {
  readonly argv: readonly string[];
  readonly exitCode: number | null;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

export interface ExecOptions {
  readonly stdin?: string;
  /** Default 60 s. The command's whole process group is killed when it has passed. */
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly signal?: AbortSignal;
  /** Called for each whole line of stdout and stderr as it comes (progress of long builds). */
  readonly onLine?: (line: string) => void;
}

/** Host, node and pod all have this shape. Resolves whatever the exit code; rejects only when `signal` aborts. */
export type Exec = (argv: readonly string[], options?: ExecOptions) => Promise<ExecResult>;

/** A command that had to succeed and did not; the message can be pasted into a shell. */
export class ExecError extends Error {
  readonly result: ExecResult;

  constructor(result: ExecResult) {
    const how = result.timedOut ? `timed out after ${result.durationMs} ms` : `exit ${result.exitCode ?? "by signal"}`;
    super(`${how}: ${printable(result.argv)}\n${lastLines(result.stderr || result.stdout, 15)}`.trimEnd());
    this.name = "ExecError";
    this.result = result;
  }
}

/** The argv as one line that a person can paste into bash. */
export function printable(argv: readonly string[]): string {
  return argv.map((word) => quote(word)).join(" ");
}

/** The last `count` non-empty lines of a text. */
export function lastLines(text: string, count: number): string {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-count)
    .join("\n");
}

/** Runs argv on the host, detached in a process group of its own, so that a Ctrl-C for us does not reach it. */
export const hostExec: Exec = async (argv, options = {}) => {
  const startedAtMs = performance.now();
  const shell = $({
    nothrow: true,
    quiet: true,
    detached: true,
    shell: "/bin/bash",
    prefix: "",
    quote,
    timeout: options.timeoutMs ?? 60_000,
    timeoutSignal: "SIGKILL",
    killSignal: "SIGKILL",
    input: options.stdin ?? "",
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const running = shell`${[...argv]}`;
  if (options.onLine) followLines(running, options.onLine);
  const output = await running;
  options.signal?.throwIfAborted();
  const durationMs = Math.round(performance.now() - startedAtMs);
  return {
    argv,
    exitCode: output.exitCode,
    timedOut: output.exitCode === null && durationMs >= (options.timeoutMs ?? 60_000),
    stdout: output.stdout,
    stderr: output.stderr,
    durationMs,
  };
};

/** Runs argv through `exec` and throws ExecError unless it exits 0. */
export async function mustExec(exec: Exec, argv: readonly string[], options?: ExecOptions): Promise<ExecResult> {
  const result = await exec(argv, options);
  if (result.exitCode !== 0) throw new ExecError(result);
  return result;
}

/** The same Exec, each command run behind `prefix` (`docker exec -i NODE`, `ip netns exec NAME`, …). */
export function behind(prefix: readonly string[], exec: Exec = hostExec): Exec {
  return (argv, options) => exec([...prefix, ...argv], options);
}

interface LineSource {
  readonly stdout: NodeJS.ReadableStream;
  readonly stderr: NodeJS.ReadableStream;
}

function followLines(running: LineSource, onLine: (line: string) => void): void {
  for (const stream of [running.stdout, running.stderr]) {
    let rest = "";
    stream.on("data", (chunk: Buffer | string) => {
      const lines = (rest + chunk.toString()).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) onLine(line);
    });
  }
}
