import type { CheckContext } from "../../../../clusters/setup/check.ts";
import type { ExecResult } from "../../../../lib/host/exec.ts";
import { USUAL_SPEED } from "../../../../lib/host/time-scale.ts";

/** A machine made of tables; `ran` lists every command that ran on it, in order. */
export interface FakeContext extends CheckContext {
  readonly ran: string[];
}

export interface FakeMachineFacts extends Partial<Omit<CheckContext, "exec" | "readText" | "which">> {
  readonly files?: Readonly<Record<string, string>>;
  readonly commands?: readonly string[];
  /** By the start of the command line; any other command exits 0 and prints nothing. */
  readonly answers?: Readonly<Record<string, Partial<ExecResult>>>;
}

/** A Debian machine without any installed tool, unless the table differs. */
export function fakeContext(machine: FakeMachineFacts = {}): FakeContext {
  const { files = {}, commands = [], answers = {}, ...rest } = machine;
  const ran: string[] = [];
  return {
    ran,
    timeScale: USUAL_SPEED,
    env: {},
    platform: "linux",
    arch: "x64",
    uid: 0,
    cacheDir: "/cache/faultline",
    readText: (path) => Promise.resolve(files[path]),
    which: (name) => Promise.resolve(commands.includes(name) ? `/usr/bin/${name}` : undefined),
    freeBytes: () => Promise.resolve(100 * 1024 ** 3),
    signal: new AbortController().signal,
    progress: () => undefined,
    withLock: (work) => work(),
    exec: (argv) => {
      const line = argv.join(" ");
      ran.push(line);
      const answer = Object.entries(answers).find(([start]) => line.startsWith(start))?.[1] ?? {};
      return Promise.resolve({ argv, exitCode: 0, timedOut: false, stdout: "", stderr: "", durationMs: 1, ...answer });
    },
    ...rest,
  };
}

/** /proc/self/status with a full bounding set, and one without CAP_SYS_RESOURCE (bit 24). */
export const FULL_STATUS = "CapEff:\t000001ffffffffff\nCapBnd:\t000001ffffffffff\n";
export const BOUNDED_STATUS = "CapEff:\t000001fffeffffff\nCapBnd:\t000001fffeffffff\n";
