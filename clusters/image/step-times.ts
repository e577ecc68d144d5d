import type { StepTime } from "./run-steps.ts";

/** Steps below this are told together. */
const WORTH_A_LINE_MS = 5000;

/**
 * Returns what a build took, a line a step, the longest first: its time and its CPU time, and the sum of both. Nothing
 * where no step was run. Pure.
 */
export function describeTimes(times: readonly StepTime[], wholeMs: number): readonly string[] {
  if (times.length === 0) return [];
  const byTime = times.toSorted((a, b) => b.durationMs - a.durationMs);
  const long = byTime.filter(({ durationMs }) => durationMs >= WORTH_A_LINE_MS);
  const short = byTime.filter(({ durationMs }) => durationMs < WORTH_A_LINE_MS);
  const rest = short.length === 0 ? [] : [{ name: `${short.length} short steps`, ...sum(short) }];
  const whole = { durationMs: wholeMs, cpuMs: sum(times).cpuMs };
  return [
    `node image: built in ${inSeconds(whole)}, two steps at a time:`,
    ...[...long, ...rest].map((one) => `  ${one.name}: ${inSeconds(one)}`),
  ];
}

function sum(times: readonly StepTime[]): Pick<StepTime, "durationMs" | "cpuMs"> {
  return {
    durationMs: times.reduce((all, { durationMs }) => all + durationMs, 0),
    cpuMs: times.reduce((all, { cpuMs }) => all + cpuMs, 0),
  };
}

function inSeconds({ durationMs, cpuMs }: Pick<StepTime, "durationMs" | "cpuMs">): string {
  return `${Math.round(durationMs / 1000)} s (CPU ${Math.round(cpuMs / 1000)} s)`;
}
