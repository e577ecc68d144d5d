/**
 * Runs commands; the only file that imports zx. A command is an argv, never a string, so no shell parses data (zx
 * quotes each element for its bash, see ARCHITECTURE.md, "zx"). Timeouts and aborts are done here: zx kills the
 * children before the group, so a script can continue and exit 0, and zx needs `ps` for that.
 */
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { $, quote, type ProcessPromise } from "zx/core";
import { collect, guarded } from "./exec-output.ts";
import { scaled, type TimeScale } from "./time-scale.ts";

const DEFAULT_TIMEOUT_MS = 60_000;
/** Above this setTimeout fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** Time for reading the pipes of a killed command; a process that holds them open longer has left the group. */
const GRACE_MS = 500;
/** Time for a command to exit after it has closed its stdout, with `endsWithOutput`. */
const CLOSED_MS = 2000;
/** The user's settings for shells and zx, which would make our bash run, trace or skip something beside the command. */
const NOT_FOR_OUR_BASH = /^(?:BASH_ENV|BASH_FUNC_.*|BASH_COMPAT|BASH_XTRACEFD|BASHOPTS|SHELLOPTS|ENV|ZX_.*)$/s;

/** The result of a command. `exitCode` is null if a signal or the timeout ended it. */
export interface ExecResult {
  readonly argv: readonly string[];
  readonly exitCode: number | null;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

export interface ExecOptions {
  /** Without it, stdin is at its end. */
  readonly stdin?: string;
  /**
   * Default 60 s. After it, the command's process group is killed and the call returns. A slow machine's Exec
   * multiplies it (atScale).
   */
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly signal?: AbortSignal;
  /** Only stdout matters: a command that runs on for 2 s after it has closed stdout is killed. */
  readonly endsWithOutput?: boolean;
  /**
   * Gets each line of stdout and stderr as it comes, for the progress of long builds. An error that it throws ends the
   * command and rejects the call.
   */
  readonly onLine?: (line: string) => void;
}

/**
 * Runs a command on the host, a node or in a pod. Resolves with any exit code. Rejects with the reason of `signal` if
 * that aborts, and with NotStartedError if the command could not be started.
 */
export type Exec = (argv: readonly string[], options?: ExecOptions) => Promise<ExecResult>;

/** A command that had to succeed failed; the message contains the command in a form that can be pasted into a shell. */
export class ExecError extends Error {
  readonly result: ExecResult;

  constructor(result: ExecResult) {
    const how = result.timedOut ? `timed out after ${result.durationMs} ms` : `exit ${result.exitCode ?? "by signal"}`;
    super(`${how}: ${printable(result.argv)}\n${lastLines(result.stderr || result.stdout, 15)}`.trimEnd());
    this.name = "ExecError";
    this.result = result;
  }
}

/** The command never ran: its argv cannot be passed unchanged, or the system did not start it. */
export class NotStartedError extends Error {
  constructor(argv: readonly string[], why: string, options?: ErrorOptions) {
    super(`not started: ${why}: ${printable(argv)}`, options);
    this.name = "NotStartedError";
  }
}

/** Returns the argv as one line that can be pasted into bash. */
export function printable(argv: readonly string[]): string {
  return argv.map((word) => quote(word)).join(" ");
}

/** Returns the last `count` non-empty lines of a text. */
export function lastLines(text: string, count: number): string {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-count)
    .join("\n");
}

/** Runs argv on the host in a process group of its own, so that a Ctrl-C on Faultline does not reach it. */
export const hostExec: Exec = async (argv, options = {}) => {
  options.signal?.throwIfAborted();
  mustBePassable(argv);
  const startedAtMs = performance.now();
  const follower = options.onLine && guarded(options.onLine);
  const signals = [options.signal, follower?.failed].filter((signal) => signal !== undefined);
  const running = start(argv, options);
  const stdout = collect(running.stdout, follower?.onLine);
  const stderr = collect(running.stderr, follower?.onLine);
  const ended = await endOf(running, signals, options).catch((error: unknown) => {
    throw notStarted(argv, options, error);
  });
  const result = { argv, ...ended, stdout: stdout(), stderr: stderr() };
  for (const signal of signals) signal.throwIfAborted();
  return { ...result, durationMs: Math.round(performance.now() - startedAtMs) };
};

/** Runs argv through `exec` and returns its result. Throws ExecError unless it exits with 0. */
export async function mustExec(exec: Exec, argv: readonly string[], options?: ExecOptions): Promise<ExecResult> {
  const result = await exec(argv, options);
  if (result.exitCode !== 0) throw new ExecError(result);
  return result;
}

/** Returns an Exec whose timeouts are multiplied by the time scale. */
export function atScale(timeScale: TimeScale, exec: Exec): Exec {
  return (argv, options = {}) => {
    const timeoutMs = scaled(options.timeoutMs ?? DEFAULT_TIMEOUT_MS, timeScale);
    return exec(argv, { ...options, timeoutMs });
  };
}

/** Returns an Exec that runs each command behind `prefix` (`ip netns exec NAME`, …). */
export function behind(prefix: readonly string[], exec: Exec): Exec {
  return (argv, options) => exec([...prefix, ...argv], options);
}

/**
 * Throws NotStartedError for an argv that would not arrive unchanged. execve ends an argument at its first NUL. Half a
 * surrogate pair has no UTF-8 and would arrive as another character. bash reports success for an empty command.
 */
function mustBePassable(argv: readonly string[]): void {
  if (argv.length === 0) throw new NotStartedError(argv, "the command is empty");
  for (const [index, word] of argv.entries()) {
    if (word.includes("\0")) throw new NotStartedError(argv, `argument ${index} contains a NUL character`);
    if (!word.isWellFormed()) throw new NotStartedError(argv, `argument ${index} is not well-formed Unicode`);
  }
}

/** Starts argv. Sets every option, because zx takes missing ones from ZX_* variables or from an enclosing command. */
function start(argv: readonly string[], options: ExecOptions): ProcessPromise {
  const running = $({
    nothrow: true,
    quiet: true,
    verbose: false,
    detached: true,
    preferLocal: false,
    timeout: 0,
    shell: "/bin/bash",
    prefix: "",
    postfix: "",
    quote,
    // zx treats "" as no input, and with a pipe the command would then wait for its end for ever.
    stdio: [options.stdin ? "pipe" : "ignore", "pipe", "pipe"],
    input: options.stdin ?? "",
    env: { ...usersEnvironment(), ...options.env },
    cwd: options.cwd ?? process.cwd(),
  })`${[...argv]}`;
  // A command may exit before it has read its stdin. Its exit code is the result; an uncaught EPIPE would end us.
  for (const stream of pipesOf(running.child)) stream.on("error", () => undefined);
  return running;
}

function usersEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !NOT_FOR_OUR_BASH.test(name));
  return {
    ...Object.fromEntries(kept),
    // With a socket as stdin (Node's pipes are sockets) bash assumes a remote login and reads ~/.bashrc, unless SHLVL
    // says that it runs inside a shell.
    SHLVL: "2",
    // Root after a plain `su` has no sbin on its PATH, and iptables is there.
    PATH: `${process.env["PATH"] ?? "/usr/bin:/bin"}:/usr/local/sbin:/usr/sbin:/sbin`,
  };
}

/**
 * Returns the error with its real cause: for a missing folder the system blames bash, for a long command it says
 * E2BIG.
 */
function notStarted(argv: readonly string[], { cwd }: ExecOptions, cause: unknown): NotStartedError {
  const { message, code } = cause as NodeJS.ErrnoException;
  const hasDirectory = cwd === undefined || existsSync(`${cwd}/.`);
  if (!hasDirectory) return new NotStartedError(argv, `no working directory ${printable([cwd])}`, { cause });
  if (code !== "E2BIG") return new NotStartedError(argv, message, { cause });
  return new NotStartedError(argv.slice(0, 1), "command or environment too long (E2BIG), data belongs on stdin", {
    cause,
  });
}

/** Waits for the command, and kills its group when the time is up or a signal aborts. Rejects if it did not start. */
async function endOf(running: ProcessPromise, signals: readonly AbortSignal[], options: ExecOptions) {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, endsWithOutput = false } = options;
  const { child } = running;
  const ended = Promise.withResolvers<null>();
  const tooLate = new AbortController();
  const stopping = [...signals, tooLate.signal];
  let grace: NodeJS.Timeout | undefined;
  const stop = (): void => {
    killGroup(child);
    // Its output is still to be read, but a daemon of it, or a process that SIGKILL does not reach, may hold the pipes.
    grace ??= setTimeout(() => {
      for (const stream of pipesOf(child)) stream.destroy();
      child?.unref();
      ended.resolve(null);
    }, GRACE_MS);
  };
  const timer = setTimeout(() => tooLate.abort(), Math.min(timeoutMs, LONGEST_TIMER_MS));
  let closed: NodeJS.Timeout | undefined;
  if (endsWithOutput) child?.stdout?.once("end", () => (closed = setTimeout(stop, CLOSED_MS)));
  for (const signal of stopping) signal.addEventListener("abort", stop);
  try {
    const output = await Promise.race([running, ended.promise]);
    // zx reports a failed start as the end of the command.
    if (output?.cause) throw output.cause;
    const timedOut = tooLate.signal.aborted;
    return { exitCode: timedOut ? null : (output?.exitCode ?? null), timedOut };
  } finally {
    for (const signal of stopping) signal.removeEventListener("abort", stop);
    for (const each of [timer, grace, closed]) clearTimeout(each);
  }
}

function killGroup(child: ChildProcess | undefined): void {
  if (child?.pid === undefined) return;
  const isReaped = child.exitCode !== null || child.signalCode !== null;
  // A group's number is not reused while the group has members, so a process with this number is not ours.
  if (isReaped && canSignal(child.pid, 0)) return;
  canSignal(-child.pid, "SIGKILL");
}

/** Sends a signal; returns false if the process is gone or may not be signalled (sudo). The wait ends either way. */
function canSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

function pipesOf(child: ChildProcess | undefined): readonly (Readable | Writable)[] {
  return [child?.stdin, child?.stdout, child?.stderr].flatMap((stream) => stream ?? []);
}
