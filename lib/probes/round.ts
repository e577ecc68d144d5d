import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Exec, ExecResult } from "../host/exec.ts";
import { lastLines } from "../host/exec.ts";
import { patience } from "../host/time-scale.ts";
import { classify, unknownObservation } from "./classify.ts";
import { parseFrames } from "./frames.ts";
import type { Attempt, Observation } from "./probe.ts";
import { attemptBoundMs, requestWords } from "./request.ts";

const script = (name: string): string => readFileSync(new URL(`on-node/${name}.pl`, import.meta.url), "utf8");

/** The constant script that carries a round out on a node, in Perl; the look-up is a text in it, for a process of its own. */
export const PROBER =
  "use strict;\nmy $unconnected_lookup = <<'END_OF_LOOKUP';\n" +
  script("unconnected-lookup") +
  "END_OF_LOOKUP\n" +
  script("frames") +
  script("request") +
  script("watch-connects") +
  script("prober");

/** Starting the exec, a second lookup, and the frames of all attempts on a busy machine. */
const MARGIN_MS = 5_000;

/** One exec's worth of probes on one node. */
export interface Round {
  /** One per attempt, in their order. */
  readonly observations: readonly Observation[];
  /** How late the latest tick of a 100-ms clock on the node came while the attempts ran; null when the stream was cut. */
  readonly worstGapMs: number | null;
  /** For how long meanwhile somebody on the machine waited for a CPU; null when the stream was cut or the kernel does not count it. */
  readonly waitedMs: number | null;
}

export interface RoundOptions {
  readonly signal?: AbortSignal;
}

/**
 * Carries out all attempts side by side in one exec on the node and says what each showed. An attempt that the node did not report
 * whole is `unknown`, with the reason as its detail. Rejects only when `signal` aborts; a try is over, at the latest, 8 s after
 * the longest attempt's own time-out, and there are three at most.
 */
export async function probeRound(exec: Exec, attempts: readonly Attempt[], options: RoundOptions = {}): Promise<Round> {
  if (attempts.length === 0) return { observations: [], worstGapMs: null, waitedMs: null };
  const nonce = `fl-${randomBytes(12).toString("hex")}`;
  const startedAtMs = Date.now();
  const { ran, frames } = await heardOf(exec, attempts, nonce, options);
  const missing = [frames.problem ?? "its frame is missing", howItEnded(ran)].filter(Boolean).join("; ");
  const observations = attempts.map((attempt, index) => {
    const record = frames.records.get(index);
    if (record) return classify(attempt, { id: attempt.id, ...record });
    return unknownObservation(attempt, `no whole report: ${missing}`, startedAtMs);
  });
  const close = frames.close?.count === attempts.length ? frames.close : undefined;
  return { observations, worstGapMs: close?.worstGapMs ?? null, waitedMs: close?.waitedMs ?? null };
}

/** An exec that brought no frame at all was a failure of the transport: it is tried again. What brought a frame is a result, and never is. */
async function heardOf(exec: Exec, attempts: readonly Attempt[], nonce: string, options: RoundOptions) {
  for (let tries = 1; ; tries += 1) {
    const ran = await runProber(exec, attempts, nonce, options);
    const frames = parseFrames(ran.stdout, nonce);
    if (frames.records.size > 0 || frames.close || tries === MOST_TRIES) return { ran, frames };
  }
}

const MOST_TRIES = 3;

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
    // The exec ends itself at timeoutMs (times the patience); the race is for one that does not.
    return await Promise.race([running, tooLate(timeoutMs * patience() + 1_000, running)]);
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
