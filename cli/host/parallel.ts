import { availableParallelism } from "node:os";
import type { CheckContext } from "../../clusters/setup/check.ts";
import { roomForNodes } from "../../clusters/setup/inotify.ts";
import { availableBytes } from "../../clusters/setup/memory.ts";
import type { Spare } from "../../clusters/setup/side-by-side.ts";

/** Does `work` when it is its turn, and lets the next one in when it has ended, however. */
export type Turn = <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>;

/** A Turn for `places` at the same time; who comes first goes first. It rejects with the signal's reason when that aborts before it began. */
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
 * Does `work` with each item, `most` at the same time, beginning in their order; none is begun once the signal has aborted. Resolves, to what came of those that were
 * begun, in their order, when all of them have ended; only then it throws what the first that failed threw.
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
