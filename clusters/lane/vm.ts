import { spawn } from "node:child_process";
import { closeSync, openSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { UndecidedError } from "../../lib/host/errors.ts";
import { lastLines } from "../../lib/host/exec.ts";
import { waitFor } from "../../lib/host/wait.ts";
import { openLine, type Line } from "./line.ts";
import { makeOwnDir } from "./prune.ts";
import { connectMonitor, connected, type Monitor } from "./monitor.ts";
import { CONSOLE, LINE, MONITOR, qemuArgv, type MachineOrder } from "./qemu.ts";

/** A running virtual machine. */
export interface Vm {
  readonly line: Line;
  /** What its kernel last said on the console. */
  readonly lastWords: () => Promise<string>;
  /** Ends it at once and removes its directory; nothing in it is worth a clean end. */
  readonly end: () => Promise<void>;
}

/** One of QEMU's. */
export interface QemuVm extends Vm {
  readonly monitor: Monitor;
}

export interface VmOrder {
  readonly machine: MachineOrder;
  /** Its own directory, which is made: sockets, console, the owner's mark. */
  readonly dir: string;
  /** A file QEMU finds as descriptor 3: the saved state of an incoming machine. */
  readonly stateFile?: string;
}

const SOCKETS_WITHIN_MS = 20_000;
const readText = (path: string) => readFile(path, "utf8").catch(() => undefined);

/**
 * Starts QEMU, which dies with this process: the kernel kills it (prctl(2), PR_SET_PDEATHSIG), so even `kill -9` of a run leaves none. In a session of its own, so that a
 * Ctrl-C on the terminal reaches only us. Throws UndecidedError with its last words when it ends before it can be talked to.
 */
export async function startVm({ machine, dir, stateFile }: VmOrder): Promise<QemuVm> {
  await makeOwnDir(dir);
  const argv = ["--pdeathsig", "KILL", "--", ...qemuArgv(machine)];
  const log = openSync(join(dir, "qemu.log"), "w", 0o600);
  const state = stateFile === undefined ? "ignore" : openSync(stateFile, "r");
  const child = spawn("setpriv", argv, { cwd: dir, detached: true, stdio: ["ignore", log, log, state] });
  for (const file of [log, state]) if (typeof file === "number") closeSync(file);
  let hasEnded = false;
  const ended = new Promise<void>((resolve) => {
    for (const event of ["exit", "error"])
      child.once(event, () => {
        hasEnded = true;
        resolve();
      });
  });
  const lastWords = () => lastWordsIn(dir);
  const end = async () => {
    child.kill("SIGKILL");
    await ended;
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    const [monitor, wire] = await waitFor(
      "QEMU's sockets",
      async () => {
        if (hasEnded) throw new Error("QEMU has ended");
        return [await connectMonitor(join(dir, MONITOR)), await connected(join(dir, LINE))] as const;
      },
      { budgetMs: SOCKETS_WITHIN_MS, intervalMs: 50 },
    );
    return { line: openLine(wire), monitor, lastWords, end };
  } catch (error) {
    const words = await lastWords();
    await end();
    throw new UndecidedError(`the VM did not start: ${(error as Error).message}\n${words}`, "run ./faultline doctor");
  }
}

/** The last lines of what a VM, or what runs it, said on its console. */
export async function lastWordsIn(dir: string): Promise<string> {
  const [said = "", screen = ""] = await Promise.all([readText(join(dir, "qemu.log")), readText(join(dir, CONSOLE))]);
  return lastLines(`${said}\n${screen}`, 8);
}
