import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Exec, ExecResult } from "../host/exec.ts";
import { lastLines } from "../host/exec.ts";
import { scaled, type TimeScale } from "../host/time-scale.ts";
import { classify, unknownObservation } from "./classify.ts";
import { parseFrames } from "./frames.ts";
import type { Attempt, Observation } from "./probe.ts";
import { attemptBoundMs, requestWords } from "./request.ts";

const script = (name: string): string => readFileSync(new URL(`on-node/${name}.pl`, import.meta.url), "utf8");

/** The constant Perl script that runs a round on a node. It contains the lookup as a text, for a separate process. */
export const PROBER =
  "use strict;\nmy $unconnected_lookup = <<'END_OF_LOOKUP';\n" +
  script("unconnected-lookup") +
  "END_OF_LOOKUP\n" +
  script("frames") +
  script("request") +
  script("watch-connects") +
  script("prober");

/** Time for starting the exec, for a second lookup, and for the frames of all attempts on a busy machine. */
const MARGIN_MS = 5_000;

/** The result of one exec of probes on one node. */
export interface Round {
  /** One for each attempt, in order. */
  readonly observations: readonly Observation[];
  /** Delay of the latest tick of a 100-ms clock on the node while the attempts ran; null if the output was cut. */
  readonly worstGapMs: number | null;
  /**
   * How long processes of the machine waited for a CPU meanwhile; null if the output was cut or the kernel does not
   * count it.
   */
  readonly waitedMs: number | null;
}

export interface RoundOptions {
  /** Of the machine; the exec's own timeouts are multiplied already. */
  readonly timeScale: TimeScale;
  readonly signal?: AbortSignal;
}

/**
 * Runs all attempts concurrently in one exec on the node and returns what each showed. An attempt without a complete
 * report is `unknown`, with the reason as its detail. Rejects only if `signal` aborts. There are at most three tries;
 * each ends 8 s after the longest attempt's own timeout at the latest.
 */
export async function probeRound(exec: Exec, attempts: readonly Attempt[], options: RoundOptions): Promise<Round> {
  if (attempts.length === 0) return { observations: [], worstGapMs: null, waitedMs: null };
  const nonce = `fl-${randomBytes(12).toString("hex")}`;
  const startedAtMs = Date.now();
  const { ran, frames } = await reportOf(exec, attempts, nonce, options);
  const missing = [frames.problem ?? "its frame is missing", howItEnded(ran)].filter(Boolean).join("; ");
  const observations = attempts.map((attempt, index) => {
    const record = frames.records.get(index);
    if (record) return classify(attempt, { id: attempt.id, ...record });
    return unknownObservation(attempt, `incomplete report: ${missing}`, startedAtMs);
  });
  const close = frames.close?.count === attempts.length ? frames.close : undefined;
  return { observations, worstGapMs: close?.worstGapMs ?? null, waitedMs: close?.waitedMs ?? null };
}

/** Runs the prober. Retries an exec without any frame, which failed in transport; an exec with a frame is a result. */
async function reportOf(exec: Exec, attempts: readonly Attempt[], nonce: string, options: RoundOptions) {
  for (let tries = 1; ; tries += 1) {
    const ran = await runProber(exec, attempts, nonce, options);
    const frames = parseFrames(ran.stdout, nonce);
    if (frames.records.size > 0 || frames.close || tries === MAX_TRIES) return { ran, frames };
  }
}

const MAX_TRIES = 3;

type Ran = Pick<ExecResult, "stdout" | "stderr" | "exitCode" | "timedOut">;

async function runProber(exec: Exec, attempts: readonly Attempt[], nonce: string, options: RoundOptions): Promise<Ran> {
  const timeoutMs = Math.max(...attempts.map(attemptBoundMs)) + MARGIN_MS;
  const abort = options.signal === undefined ? {} : { signal: options.signal };
  const running = exec(["perl", "-e", PROBER, nonce, ...requestWords(attempts)], {
    timeoutMs,
    endsWithOutput: true,
    ...abort,
  });
  try {
    // The exec ends after its timeout; the race is for one that does not.
    return await Promise.race([running, tooLate(scaled(timeoutMs, options.timeScale) + 1_000, running)]);
  } catch (error) {
    options.signal?.throwIfAborted();
    return { stdout: "", stderr: String(error), exitCode: null, timedOut: false };
  }
}

function tooLate(afterMs: number, running: Promise<unknown>): Promise<Ran> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve({ stdout: "", stderr: "", exitCode: null, timedOut: true }), afterMs);
    const stop = (): void => clearTimeout(timer);
    running.then(stop, stop);
  });
}

function howItEnded({ exitCode, timedOut, stderr }: Ran): string {
  if (timedOut) return "the exec timed out";
  if (exitCode === 0) return "";
  return `the exec ended with ${exitCode ?? "a signal"}: ${lastLines(stderr, 2)}`.trim();
}
