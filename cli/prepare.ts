import { hostContext } from "../clusters/setup/host-context.ts";
import { terminalAsk } from "../clusters/setup/ask.ts";
import { setUp } from "../clusters/setup/setup.ts";
import type { Check, CheckContext } from "../clusters/setup/check.ts";
import { CHECKS } from "../clusters/setup/checks.ts";
import type { StepProgress } from "../clusters/image/node-image.ts";

/** This machine. */
export function machine(progress: (line: string) => void = () => undefined): CheckContext {
  return hostContext({ progress });
}

/** Brings the machine to where a run can start. Throws PreflightError listing all that is missing, with commands. */
export async function prepareMachine(options: {
  readonly yes: boolean;
  readonly progress: (line: string) => void;
  /** Beyond what a run needs. */
  readonly also?: readonly Check[];
}): Promise<void> {
  const ask = terminalAsk();
  const checks = [...CHECKS, ...(options.also ?? [])];
  await setUp({ context: machine(options.progress), yes: options.yes, checks, ...(ask ? { ask } : {}) });
}

/** A line a step; the first says how long all of it takes, since nobody expects minutes where a warm start takes none. */
export function buildProgress(say: (line: string) => void): (step: StepProgress) => void {
  let told = false;
  return ({ name, what, index, total, expectedS, state, durationMs }) => {
    if (!told) say("building the node image, once: about 11 min on 2 cores, less what is cached (docs/node-image.md)");
    told = true;
    const took = durationMs === undefined ? "" : ` in ${Math.round(durationMs / 1000)} s`;
    const about = state === "started" ? `, about ${expectedS} s` : took;
    say(`node image ${index}/${total} ${name} (${what}): ${state}${about}`);
  };
}
