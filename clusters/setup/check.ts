/**
 * What set-up and doctor have in common: a list of checks over a machine that is reached only through a CheckContext.
 */
import type { Exec } from "../../lib/host/exec.ts";

/** `missing` stops a run; `warning` does not. */
export type FindingState = "ok" | "missing" | "warning";

/** What a check found. `mend` is there when something is missing and a command can bring it. */
export interface HostFinding {
  readonly state: FindingState;
  /** One line: the fact, with its number or version. */
  readonly detail: string;
  readonly fix?: Fix;
}

/** How a finding is put right. It depends on what was found, so it is part of the finding, not of the check. */
export interface Fix {
  /** The command a person could run, or what to do where no command can. */
  readonly how: string;
  /** Whether set-up may do it, given `--yes` or a yes on a terminal. When false, `run` is never called. */
  readonly bySelf: boolean;
  /** Puts it right; resolves when it is done, throws otherwise. */
  readonly run: () => Promise<void>;
}

/** One thing a run needs from the machine. */
export interface Check {
  /** Stable, kebab-case; the first column of doctor. */
  readonly id: string;
  /** What is needed: completes "needs …". */
  readonly what: string;
  /** Why it is needed, in one clause. */
  readonly why: string;
  /** Looks and changes nothing. Throws only on a mistake in the code. */
  readonly find: (context: CheckContext) => Promise<HostFinding>;
}

/** A check together with what it found. */
export interface CheckedFinding {
  readonly check: Check;
  readonly finding: HostFinding;
}

/** The machine, as the checks see it; host-context.ts makes the real one, tests make fakes. */
export interface CheckContext {
  readonly exec: Exec;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** As in process.arch. */
  readonly arch: string;
  /** Effective user id; -1 where the platform has none. */
  readonly uid: number;
  /** Where we keep what we bring: $XDG_CACHE_HOME/faultline or ~/.cache/faultline. */
  readonly cacheDir: string;
  /** Text of a file; undefined when it is not there or may not be read. */
  readonly readText: (path: string) => Promise<string | undefined>;
  /** Absolute path of an executable on PATH or in the sbin folders; undefined when there is none. */
  readonly which: (name: string) => Promise<string | undefined>;
  /** Bytes free for this user on the file system that holds `path` or its nearest existing parent. */
  readonly freeBytes: (path: string) => Promise<number>;
  /** Aborts when what is under way is to be ended: for commands that may take long. */
  readonly signal: AbortSignal;
  /** Shows one line of progress while something is mended. */
  readonly progress: (line: string) => void;
  /** Does the work while no other process that sets up this machine does. */
  readonly withLock: <T>(work: () => Promise<T>) => Promise<T>;
}

export const ok = (detail: string): HostFinding => ({ state: "ok", detail });
export const warning = (detail: string): HostFinding => ({ state: "warning", detail });

/** Missing, and only a person can put it right: `how` says how. */
export function missing(detail: string, how: string): HostFinding {
  const mend: Fix = { how, bySelf: false, run: () => Promise.reject(new Error(`only by hand: ${how}`)) };
  return { state: "missing", detail, fix: mend };
}

/** Missing, and set-up can put it right with `run`. */
export function fixable(detail: string, how: string, run: () => Promise<void>): HostFinding {
  return { state: "missing", detail, fix: { how, bySelf: true, run } };
}
