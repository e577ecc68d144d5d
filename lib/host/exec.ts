/**
 * Runs commands: the only file that imports zx. A command is an argv, never a string, so nothing is ever parsed by a shell
 * of ours (zx quotes each element for its bash, see ARCHITECTURE.md, "zx"). Time-outs and aborts are not zx's: it kills the
 * children before the group, so that a script can go on and exit 0, and it needs `ps` for that.
 */
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { $, quote, type ProcessPromise } from "zx/core";
import { collect, guarded } from "./exec-output.ts";
import { patience } from "./time-scale.ts";

const DEFAULT_TIMEOUT_MS = 60_000;
/** Above this setTimeout fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** How long the pipes of a killed command may take to run dry; whoever holds them open then has left its group. */
const GRACE_MS = 500;
const CLOSED_MS = 2000;
/** Settings of the user for shells and for zx: our bash would run, trace or skip something that is not the command. */
const NOT_FOR_OUR_BASH = /^(?:BASH_ENV|BASH_FUNC_.*|BASH_COMPAT|BASH_XTRACEFD|BASHOPTS|SHELLOPTS|ENV|ZX_.*)$/s;

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
  /** Without it the command finds its stdin at the end. */
  readonly stdin?: string;
  /** Default 60 s; as many times that as patience.ts says. The command's whole process group is killed when it has passed, and nobody is waited for any more. */
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly signal?: AbortSignal;
  /** Its stdout is all that matters: a command that lives on for 2 s after it has closed that is killed, and nobody is waited for. */
  readonly endsWithOutput?: boolean;
  /** Called for each line of stdout and stderr as it comes (progress of long builds). What it throws ends the command and rejects. */
  readonly onLine?: (line: string) => void;
}

/** Host, node and pod all have this shape. Resolves whatever the exit code; rejects when `signal` aborts or nothing could be started. */
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

/** There never was a process: the argv cannot be passed on as it is, or the system would not start it. */
export class NotStartedError extends Error {
  constructor(argv: readonly string[], why: string, options?: ErrorOptions) {
    super(`not started: ${why}: ${printable(argv)}`, options);
    this.name = "NotStartedError";
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
  options.signal?.throwIfAborted();
  mustBePassable(argv);
  const startedAtMs = performance.now();
  const follower = options.onLine && guarded(options.onLine);
  const signals = [options.signal, follower?.failed].filter((one) => one !== undefined);
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

/** Runs argv through `exec` and throws ExecError unless it exits 0. */
export async function mustExec(exec: Exec, argv: readonly string[], options?: ExecOptions): Promise<ExecResult> {
  const result = await exec(argv, options);
  if (result.exitCode !== 0) throw new ExecError(result);
  return result;
}

/** The same Exec, each command run behind `prefix` (`ip netns exec NAME`, …). */
export function behind(prefix: readonly string[], exec: Exec = hostExec): Exec {
  return (argv, options) => exec([...prefix, ...argv], options);
}

/**
 * execve ends an argument at its first NUL, half a surrogate pair has no UTF-8 and would arrive as another character, and bash takes no command at all
 * for one that worked.
 */
function mustBePassable(argv: readonly string[]): void {
  if (argv.length === 0) throw new NotStartedError(argv, "the command is empty");
  for (const [index, word] of argv.entries()) {
    if (word.includes("\0")) throw new NotStartedError(argv, `argument ${index} contains a NUL character`);
    if (!word.isWellFormed()) throw new NotStartedError(argv, `argument ${index} is not well-formed Unicode`);
  }
}

/** Every option is given, since zx takes those left out from ZX_* variables and, within `onLine`, from the command around it. */
function start(argv: readonly string[], options: ExecOptions): ProcessPromise {
  const running = $({
    ...{ nothrow: true, quiet: true, verbose: false, detached: true, preferLocal: false, timeout: 0 },
    ...{ shell: "/bin/bash", prefix: "", postfix: "", quote },
    // zx takes "" for no input, and then the command would wait for an end that never comes.
    stdio: [options.stdin ? "pipe" : "ignore", "pipe", "pipe"],
    input: options.stdin ?? "",
    env: { ...usersEnvironment(), ...options.env },
    cwd: options.cwd ?? process.cwd(),
  })`${[...argv]}`;
  // A command may end before it has read its stdin: what it made of it is told by its exit code, not by an uncaught EPIPE.
  for (const stream of pipesOf(running.child)) stream.on("error", () => undefined);
  return running;
}

function usersEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !NOT_FOR_OUR_BASH.test(name));
  // bash takes a stdin that is a socket (Node's pipes are) for a remote login and reads ~/.bashrc, unless SHLVL says it is inside a shell.
  const level = { SHLVL: "2" };
  // Root by way of plain `su` has no sbin on its PATH, and iptables is there.
  return {
    ...Object.fromEntries(kept),
    ...level,
    PATH: `${process.env["PATH"] ?? "/usr/bin:/bin"}:/usr/local/sbin:/usr/sbin:/sbin`,
  };
}

/** For a folder that is not there the system blames bash, and for a long command it says E2BIG. */
function notStarted(argv: readonly string[], { cwd }: ExecOptions, cause: unknown): NotStartedError {
  const { message, code } = cause as NodeJS.ErrnoException;
  const isThere = cwd === undefined || existsSync(`${cwd}/.`);
  if (!isThere) return new NotStartedError(argv, `its working directory ${printable([cwd])} is not there`, { cause });
  if (code !== "E2BIG") return new NotStartedError(argv, message, { cause });
  return new NotStartedError(argv.slice(0, 1), "command or environment too long (E2BIG), data belongs on stdin", {
    cause,
  });
}

/** Waits for the command, until the time is up or a signal aborts: then its group is killed. Rejects when it could not be started. */
async function endOf(running: ProcessPromise, signals: readonly AbortSignal[], options: ExecOptions) {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, endsWithOutput = false } = options;
  const { child } = running;
  const ended = Promise.withResolvers<null>();
  const tooLate = new AbortController();
  const stopping = [...signals, tooLate.signal];
  let grace: NodeJS.Timeout | undefined;
  const stop = (): void => {
    killGroup(child);
    // What it has said is still to be read; but a daemon of it, or a process that SIGKILL does not reach, may hold the pipes for ever.
    grace ??= setTimeout(() => {
      for (const stream of pipesOf(child)) stream.destroy();
      child?.unref();
      ended.resolve(null);
    }, GRACE_MS);
  };
  const timer = setTimeout(() => tooLate.abort(), Math.min(timeoutMs * patience(), LONGEST_TIMER_MS));
  let closed: NodeJS.Timeout | undefined;
  if (endsWithOutput) child?.stdout?.once("end", () => (closed = setTimeout(stop, CLOSED_MS)));
  for (const signal of stopping) signal.addEventListener("abort", stop);
  try {
    const output = await Promise.race([running, ended.promise]);
    // zx takes a failure to start for the end of a command.
    if (output?.cause) throw output.cause;
    const timedOut = tooLate.signal.aborted;
    return { exitCode: timedOut ? null : (output?.exitCode ?? null), timedOut };
  } finally {
    for (const signal of stopping) signal.removeEventListener("abort", stop);
    for (const one of [timer, grace, closed]) clearTimeout(one);
  }
}

function killGroup(child: ChildProcess | undefined): void {
  if (child?.pid === undefined) return;
  const isReaped = child.exitCode !== null || child.signalCode !== null;
  // The number of a group is not given out while somebody is in it: a process that has it now is a stranger.
  if (isReaped && canSignal(child.pid, 0)) return;
  canSignal(-child.pid, "SIGKILL");
}

/** False when there is nobody, and when it is not ours to signal (sudo): the wait ends all the same. */
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
