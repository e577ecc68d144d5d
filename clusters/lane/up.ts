/** How a VM is waited for, and what its failure is told with. */
import { monotonicMs } from "../../lib/host/clock.ts";
import { UndecidedError } from "../../lib/host/errors.ts";
import { mustExec } from "../../lib/host/exec.ts";
import { waitFor } from "../../lib/host/wait.ts";
import { execOn, type Line } from "./line.ts";
import type { Vm } from "./vm.ts";

/** From its boot, or from when it is resumed, to its first answer: seconds on 2 cores. */
const ANSWERS_WITHIN_MS = 120_000;
/** A system call is dear in user mode, and a shared machine slower. */
const DOCKER_WITHIN_MS = 300_000;

/** Resolves when the VM's agent answers. Throws when it ends before that, or the budget has passed. */
export async function answering(vm: Vm, signal: AbortSignal): Promise<void> {
  await waitFor("the VM to answer", () => vm.line.hello(), {
    budgetMs: ANSWERS_WITHIN_MS,
    intervalMs: 1000,
    attemptTimeoutMs: ANSWERS_WITHIN_MS,
    signal,
  });
}

/** Resolves when the VM's Docker answers. */
export async function dockerAnswers(line: Line, signal: AbortSignal): Promise<void> {
  await waitFor("the VM's Docker", () => mustExec(execOn(line), ["docker", "version"]), {
    budgetMs: DOCKER_WITHIN_MS,
    intervalMs: 1000,
    attemptTimeoutMs: DOCKER_WITHIN_MS,
    signal,
  });
}

/**
 * Returns this machine's time since its start less the VM's, in ms, to the time an answer takes. Both clocks only go
 * on, so one reading does.
 */
export async function offsetMs(line: Line): Promise<number> {
  const { stdout } = await mustExec(execOn(line), ["cat", "/proc/uptime"]);
  return Math.round(monotonicMs() - Number(stdout.split(" ")[0]) * 1000);
}

/**
 * Ends a VM that did not come up and resolves to the error to throw, with the console's last words. Throws itself when
 * the run was stopped.
 */
export async function endedBy(error: unknown, vm: Vm, signal: AbortSignal): Promise<Error> {
  const words = await vm.lastWords();
  await vm.end();
  signal.throwIfAborted();
  const { message } = error as Error;
  return new UndecidedError(
    `kernel lane: ${message}\nthe VM's console:\n${words}`,
    "run it again; ./faultline gc removes what is left",
    { cause: error },
  );
}
