/** Waits for a condition within a budget; the only file that imports p-retry. */
import pRetry, { AbortError } from "p-retry";
import { scaled, USUAL_SPEED, type TimeScale } from "./time-scale.ts";

export interface WaitOptions {
  /** Time for all attempts together, in milliseconds. */
  readonly budgetMs: number;
  /** Pause between the end of one attempt and the start of the next, in milliseconds. */
  readonly intervalMs: number;
  /** Time for one attempt, in milliseconds; default 10 s, at most the rest of the budget. */
  readonly attemptTimeoutMs?: number;
  /** Multiplies the time for one attempt, not the budget; default: the usual speed. */
  readonly timeScale?: TimeScale;
  readonly signal?: AbortSignal;
}

/** The budget has passed. `cause` is the error of the last attempt. */
export class WaitTimeoutError extends Error {
  constructor(what: string, budgetMs: number, last: Error) {
    super(`timed out after ${inSeconds(budgetMs)} waiting for ${what} (last: ${last.message})`, { cause: last });
    this.name = "WaitTimeoutError";
  }
}

/** An attempt throws it if no further attempt can succeed: waitFor ends at once and throws it. */
export class GiveUpError extends Error {
  override readonly name = "GiveUpError";
}

/**
 * Calls `attempt` until it resolves, and resolves with its value. `what` completes the sentence "waiting for …". An
 * attempt gets a signal that aborts when its time has passed; waitFor then abandons it even if it ignores the signal.
 * Throws WaitTimeoutError if the budget has passed, and the reason of `options.signal` if that aborts. A GiveUpError
 * or TypeError (a bug) from an attempt ends the wait at once.
 */
export async function waitFor<T>(
  what: string,
  attempt: (signal: AbortSignal) => Promise<T>,
  options: WaitOptions,
): Promise<T> {
  const endsAtMs = performance.now() + options.budgetMs;
  const leftMs = (): number => endsAtMs - performance.now();
  const attempts = pRetry(() => attemptOnce(attempt, leftMs(), options), {
    // p-retry's default pauses add up to 1023 s; here only the budget counts.
    retries: Number.POSITIVE_INFINITY,
    factor: 1,
    minTimeout: options.intervalMs,
    maxRetryTime: options.budgetMs,
    shouldRetry: () => leftMs() > options.intervalMs,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  try {
    return await attempts;
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof Error)) throw error;
    if (error instanceof GiveUpError || error instanceof TypeError) throw error;
    throw new WaitTimeoutError(what, options.budgetMs, error);
  }
}

async function attemptOnce<T>(
  attempt: (signal: AbortSignal) => Promise<T>,
  leftMs: number,
  options: WaitOptions,
): Promise<T> {
  // maxRetryTime does not interrupt a running attempt, so each attempt has its own timer.
  const { attemptTimeoutMs = 10_000, timeScale = USUAL_SPEED } = options;
  const timeoutMs = Math.max(1, Math.min(scaled(attemptTimeoutMs, timeScale), leftMs));
  const own = new AbortController();
  const timer = setTimeout(() => own.abort(new Error(`no answer within ${inSeconds(timeoutMs)}`)), timeoutMs);
  const signal = options.signal === undefined ? own.signal : AbortSignal.any([own.signal, options.signal]);
  try {
    return await Promise.race([attempt(signal), rejectionOf(signal)]);
  } catch (error) {
    if (error instanceof GiveUpError) throw new AbortError(error);
    throw error instanceof Error ? error : new Error(String(error), { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
}

function inSeconds(durationMs: number): string {
  return durationMs < 1_000 ? `${Math.round(durationMs)} ms` : `${Number((durationMs / 1_000).toFixed(1))} s`;
}
