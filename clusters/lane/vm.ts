import { once } from "node:events";
import { spawn } from "node:child_process";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { readFile, statfs } from "node:fs/promises";
import { join } from "node:path";
import { UndecidedError } from "../../lib/host/errors.ts";
import { lastLines, type Exec } from "../../lib/host/exec.ts";
import { ownerOf } from "../ownership/owner.ts";
import type { LaneParts } from "./build.ts";
import { openLine, type Line, type Wire } from "./line.ts";
import { resume } from "./process-tree.ts";
import { endProcess, PROCESS, textOf } from "./prune.ts";
import { makeWire, wireIn, wireTo } from "./wire.ts";

/** A running VM: a kernel in user mode. */
export interface Vm {
  readonly line: Line;
  /** What its kernel last said on the console. */
  readonly lastWords: () => Promise<string>;
  /** Ends it at once and removes its directory; nothing in it is worth a clean end. */
  readonly end: () => Promise<void>;
}

/** What to boot. */
export interface VmOptions {
  readonly parts: LaneParts;
  readonly memoryMib: number;
  /** The processor it stays on. */
  readonly cpu: number;
  /** Its own directory (makeOwnDir): what is written to its disks goes to files in it. */
  readonly dir: string;
  /** An archive that it sees as PROJECT_DISK. */
  readonly project: string;
  /** Whether it may go on when the run has ended: then it does not die with it, either. */
  readonly outlives: boolean;
  /** Runs commands on this machine. */
  readonly exec: Exec;
}

/** The third of its disks. */
export const PROJECT_DISK = "/dev/ubdc";

/** Where its console's output goes, in its directory. */
const CONSOLE = "console.log";

/** The descriptors that are the other ends of the VM's serial line: what it reads, what it writes. */
const LINE_FDS = { from: 3, to: 4 } as const;
const readNow = (path: string) => Promise.resolve(textOf(path));

/**
 * The argv of a kernel in user mode, in namespaces of its own: no network device at all, and with its first process all
 * that it started end. On one processor: each system call in it is a hand-over between two processes of this machine,
 * and measured four times dearer across processors. "seccomp": the faster of two ways to trap them (arch/um, since
 * 6.16), where it can be had. Pure.
 */
export function vmArgv({ parts, memoryMib, cpu, dir, project }: Omit<VmOptions, "outlives">): readonly string[] {
  const disk = (name: string, base: string) => `${join(dir, `${name}.cow`)},${base}`;
  return [
    ...["unshare", "--net", "--pid", "--fork", "--kill-child=KILL", "--", "taskset", "--cpu-list", String(cpu)],
    ...[parts.linux, `mem=${memoryMib}M`, `uml_dir=${dir}`, "umid=vm", "seccomp=auto"],
    ...[`ubd0=${disk("system", parts.disks.system)}`, `ubd1=${disk("docker", parts.disks.docker)}`, `ubd2r=${project}`],
    ...["root=/dev/ubda", "rw", "init=/lane/init", "quiet", "panic=-1"],
    ...["con=null", "con0=fd:0,fd:1", "ssl=null", `ssl0=fd:${LINE_FDS.from},fd:${LINE_FDS.to}`],
  ];
}

/**
 * Boots a VM. It dies with this process unless it may outlive it: the kernel kills it (prctl(2), PR_SET_PDEATHSIG), so
 * `kill -9` of a run leaves none. It has a session of its own, so a Ctrl-C on the terminal reaches only us. The line's
 * `hello` resolves once the agent has spoken and answered, and rejects with UndecidedError and the console's last words
 * when the VM ends before that. The file that is its memory has no name from its first moment.
 */
export async function bootVm(options: VmOptions): Promise<Vm> {
  const { dir, outlives } = options;
  const memory = await memoryDir(options);
  await makeWire(dir, options.exec);
  const ends = wireIn(dir);
  const screen = openSync(join(dir, CONSOLE), "w", 0o600);
  const [command = "", ...rest] = [...(outlives ? [] : ["setpriv", "--pdeathsig", "KILL", "--"]), ...vmArgv(options)];
  const child = spawn(command, rest, {
    cwd: dir,
    detached: true,
    stdio: ["ignore", screen, screen, ends.vmReads, ends.vmWrites],
    env: { PATH: process.env["PATH"] ?? "", HOME: dir, TMPDIR: memory },
  });
  // At once: the finder of a killed run's directory ends the process by this.
  writeFileSync(join(dir, PROCESS), (await ownerOf(readNow, child.pid ?? 0)) ?? "", { mode: 0o600 });
  for (const file of [screen, ends.vmReads, ends.vmWrites]) closeSync(file);
  const ended = new Promise<void>((resolve) => {
    for (const event of ["exit", "error"]) child.once(event, () => resolve());
  });
  // A run does not wait for what outlives it.
  if (outlives) child.unref();
  return { line: greeted(ends.wire, ended, dir), ...ofDir(dir) };
}

/** Has a suspended VM go on. Throws where it has ended meanwhile; nothing of it is left then. */
export async function resumeVm(dir: string): Promise<Vm> {
  const vm = ofDir(dir);
  try {
    const line = openLine(wireTo(dir));
    await resume(dir);
    return { line, ...vm };
  } catch (error) {
    await vm.end();
    throw error;
  }
}

function ofDir(dir: string): Omit<Vm, "line"> {
  return { lastWords: () => lastWordsIn(dir), end: () => endProcess(dir) };
}

/** The last lines of what a VM said on its console; empty where it said nothing. */
async function lastWordsIn(dir: string): Promise<string> {
  return lastLines(await readFile(join(dir, CONSOLE), "utf8").catch(() => ""), 8);
}

/**
 * A line whose `hello` waits until the agent has greeted: what is sent to a serial line before it is set up may be
 * lost.
 */
function greeted(wire: Wire, ended: Promise<void>, dir: string): Line {
  const spoken = once(wire, "data").then(() => undefined);
  // It may have no waiter when the line ends first.
  spoken.catch(() => undefined);
  const line = openLine(wire);
  const hello = async () => {
    const gone = ended.then(async () => {
      throw new UndecidedError(`user-mode Linux has ended:\n${await lastWordsIn(dir)}`, "run it again");
    });
    await Promise.race([spoken, gone]);
    await line.hello();
  };
  return { ...line, hello };
}

/**
 * Where its memory lies: in memory, where there is room for it; else on disk. It runs programs from there, which the
 * kernel checks itself.
 */
async function memoryDir({ memoryMib, dir }: VmOptions): Promise<string> {
  const shm = await statfs("/dev/shm").catch(() => undefined);
  return shm && shm.bavail * shm.bsize > memoryMib * 1024 ** 2 ? "/dev/shm" : dir;
}
