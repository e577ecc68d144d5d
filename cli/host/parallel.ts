import { availableParallelism } from "node:os";
import type { CheckContext } from "../../clusters/setup/check.ts";
import { roomForNodes } from "../../clusters/setup/inotify.ts";
import { availableBytes } from "../../clusters/setup/memory.ts";
import type { Spare } from "../../clusters/setup/side-by-side.ts";

/** Does `work` when it is its turn, and lets the next one in when it has ended, however. */
export type Turn = <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>;

/**
 * Returns a Turn for `places` at the same time, first come first served. It rejects with the signal's reason if that
 * aborts before the turn begins.
 */
export function turns(places: number): Turn {
  let free = places;
  const waiting: (() => void)[] = [];
  return async (signal, work) => {
    signal.throwIfAborted();
    if (free === 0) await place(waiting, signal);
    else free -= 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}

/** Resolves when a place is handed on. */
function place(waiting: (() => void)[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const begin = () => {
      signal.removeEventListener("abort", leave);
      resolve();
    };
    const leave = () => {
      waiting.splice(waiting.indexOf(begin), 1);
      reject(signal.reason as Error);
    };
    signal.addEventListener("abort", leave, { once: true });
    waiting.push(begin);
  });
}

/**
 * Calls `work` for each item in order, `most` at the same time; none begins once the signal has aborted. Resolves to
 * the results of the items begun, in order, when all have ended. Then throws the error of the first that failed, if
 * any.
 */
export async function eachOf<T, R>(
  items: readonly T[],
  most: number,
  signal: AbortSignal,
  work: (item: T, index: number) => Promise<R>,
): Promise<readonly R[]> {
  const turn = turns(most);
  const begun = items.map((item, index) => {
    return turn(signal, async () => ({ done: await work(item, index) })).catch((error: unknown) => {
      if (signal.aborted && error === signal.reason) return null;
      throw error;
    });
  });
  const ended = await Promise.allSettled(begun);
  return ended.flatMap((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value ? [one.value.done] : [];
  });
}

/** What this machine has to spare just now. */
export async function spareOf(context: CheckContext): Promise<Spare> {
  return {
    cores: availableParallelism(),
    availableBytes: availableBytes((await context.readText("/proc/meminfo")) ?? ""),
    inotifyNodes: await roomForNodes(context),
  };
}
