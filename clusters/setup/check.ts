/** The contract of set-up and doctor: a list of checks over a machine that is reached only through a CheckContext. */
import type { Host } from "../../lib/host/host.ts";

/** `missing` stops a run; `warning` does not. */
export type FindingState = "ok" | "missing" | "warning";

/** The result of a check. `fix` is present when something is missing and a command can provide it. */
export interface MachineFinding {
  readonly state: FindingState;
  /** One line: the fact, with its number or version. */
  readonly detail: string;
  readonly fix?: Fix;
}

/** The fix for a finding. It depends on the machine's state, so it belongs to the finding, not to the check. */
export interface Fix {
  /** The command to run, or an instruction where no command works. */
  readonly how: string;
  /** True when set-up may do it, given `--yes` or a yes on a terminal. When false, `run` is never called. */
  readonly bySelf: boolean;
  /** Applies the fix; resolves when it is done, throws otherwise. */
  readonly run: () => Promise<void>;
}

/** One thing a run needs from the machine. */
export interface Check {
  /** Stable, kebab-case; the first column of doctor. */
  readonly id: string;
  /** The need: completes "needs …". */
  readonly what: string;
  /** The reason, in one clause. */
  readonly why: string;
  /** Reads only. Throws only on a mistake in the code. */
  readonly find: (context: CheckContext) => Promise<MachineFinding>;
}

/** A check with its finding. */
export interface CheckedFinding {
  readonly check: Check;
  readonly finding: MachineFinding;
}

/** The machine as the checks see it; host-context.ts makes the real one, tests make fakes. */
export interface CheckContext extends Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** As in process.arch. */
  readonly arch: string;
  /** Effective user id; -1 where the platform has none. */
  readonly uid: number;
  /** The folder for what set-up installs: $XDG_CACHE_HOME/faultline or ~/.cache/faultline. */
  readonly cacheDir: string;
  /** Returns a file's text; undefined when it is missing or unreadable. */
  readonly readText: (path: string) => Promise<string | undefined>;
  /** Returns the absolute path of an executable on PATH or in the sbin folders; or undefined. */
  readonly which: (name: string) => Promise<string | undefined>;
  /** Returns the bytes free for this user on the file system of `path` or its nearest existing parent. */
  readonly freeBytes: (path: string) => Promise<number>;
  /** Aborts when the work should stop: for commands that may take long. */
  readonly signal: AbortSignal;
  /** Shows one line of progress during a fix. */
  readonly progress: (line: string) => void;
  /** Runs the work while no other process sets up this machine. */
  readonly withLock: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Returns a finding without a problem. */
export const ok = (detail: string): MachineFinding => ({ state: "ok", detail });
/** Returns a finding that does not stop a run. */
export const warning = (detail: string): MachineFinding => ({ state: "warning", detail });

/** Returns a finding that only a person can fix; `how` is the instruction. */
export function missing(detail: string, how: string): MachineFinding {
  const fix: Fix = { how, bySelf: false, run: () => Promise.reject(new Error(`only by hand: ${how}`)) };
  return { state: "missing", detail, fix };
}

/** Returns a finding that set-up can fix with `run`. */
export function fixable(detail: string, how: string, run: () => Promise<void>): MachineFinding {
  return { state: "missing", detail, fix: { how, bySelf: true, run } };
}
