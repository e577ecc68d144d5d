/** What it takes for a VM to be up, of whichever kind. */
import { join } from "node:path";
import { monotonicMs } from "../../lib/host/clock.ts";
import { UndecidedError } from "../../lib/host/errors.ts";
import { mustExec } from "../../lib/host/exec.ts";
import { waitFor } from "../../lib/host/wait.ts";
import { laneDir } from "./build.ts";
import type { LaneOrder } from "./lane.ts";
import { execOn, type Line } from "./line.ts";
import type { Vm } from "./vm.ts";

/** From when it goes on, or begins a quick boot, to its first answer. */
export const ANSWERS_WITHIN_MS = 120_000;

/** Ends a VM that did not come up; resolves to the error to throw, with the last words on its console. Throws itself when the run was stopped. */
export async function endedBy(error: unknown, vm: Vm, signal: AbortSignal): Promise<Error> {
  const words = await vm.lastWords();
  await vm.end();
  signal.throwIfAborted();
  return withLastWords(error, words);
}

/** Both clocks only go on, so one reading tells what is between them, to the time an answer takes. */
export async function offsetMs(line: Line): Promise<number> {
  const { stdout } = await mustExec(execOn(line), ["cat", "/proc/uptime"]);
  return Math.round(monotonicMs() - Number(stdout.split(" ")[0]) * 1000);
}

export function vmDir({ context, id }: LaneOrder, what: string): string {
  return join(laneDir(context.cacheDir), "vms", `${id}-${what}`);
}

export async function answering(vm: Vm, budgetMs: number, signal: AbortSignal): Promise<void> {
  await waitFor("the VM to answer", () => vm.line.hello(), {
    budgetMs,
    intervalMs: 1000,
    attemptTimeoutMs: budgetMs,
    signal,
  });
}

export function withLastWords(error: unknown, words: string): Error {
  const { message } = error as Error;
  return new UndecidedError(
    `kernel lane: ${message}\nthe VM's console:\n${words}`,
    "run it again; ./faultline gc removes what is left",
    { cause: error },
  );
}
