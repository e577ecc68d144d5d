import { hostContext, type HostContextOptions } from "../../clusters/setup/host-context.ts";
import { terminalAsk } from "../../clusters/setup/ask.ts";
import { setUp } from "../../clusters/setup/setup.ts";
import type { Check, CheckContext } from "../../clusters/setup/check.ts";
import { CHECKS, CHECKS_OF_REUSE } from "../../clusters/setup/checks.ts";
import type { StepProgress } from "../../clusters/image/node-image.ts";
import { timeScaleOfProcess } from "./time-scale.ts";

/** Returns this machine, as slow as this process was told it is. */
export function machine(options: Omit<HostContextOptions, "timeScale"> = {}): CheckContext {
  return hostContext({ ...options, timeScale: timeScaleOfProcess() });
}

/**
 * Prepares the machine for a run. Throws PreflightError with all that is missing and the commands to fix it. Rejects
 * when `signal` aborts, with no half-finished step.
 */
export async function prepareMachine(options: {
  readonly yes: boolean;
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
  /** Beyond what a run needs. */
  readonly also?: readonly Check[];
  /** The run is on a cluster that is there. */
  readonly reuses?: boolean;
}): Promise<void> {
  const { yes, progress, signal } = options;
  const ask = terminalAsk(signal);
  const checks = [...(options.reuses === true ? CHECKS_OF_REUSE : CHECKS), ...(options.also ?? [])];
  await setUp({ context: machine({ progress, signal }), yes, checks, ...(ask ? { ask } : {}) });
}

/** Returns a printer of the node image's steps. Its first line tells the whole duration: a cold build takes minutes. */
export function buildProgress(say: (line: string) => void): (step: StepProgress) => void {
  let told = false;
  return (step) => {
    if (!told) say("building the node image, once: about 11 min on 2 cores, less what is cached (docs/node-image.md)");
    told = true;
    say(stepLine("node image", step));
  };
}

/** Returns the line of a step of a build: `node image 3/12 etcd (build etcd 3.6.16): started, about 25 s`. Pure. */
export function stepLine(
  build: string,
  { name, what, index, total, expectedS, state, durationMs = 0 }: StepProgress,
): string {
  const s = Math.round(durationMs / 1000);
  const time = {
    started: `started, about ${expectedS} s`,
    running: `running for ${s} s, about ${expectedS} s`,
    done: `done in ${s} s`,
    cached: "cached",
  };
  return `${build} ${index}/${total} ${name} (${what}): ${time[state]}`;
}
