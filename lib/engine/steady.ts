import type { Cluster, Whereabouts } from "../model/cluster.ts";
import type { Expectation } from "../model/expectation.ts";
import type { Observation } from "../probes/probe.ts";
import { judgePath } from "../verdict/path.ts";
import { measure, type Plan } from "./measure.ts";
import { PACE } from "./pace.ts";

export interface Steadiness {
  readonly ok: boolean;
  /** From the call to the end of the first of the rounds in a row, or to giving up. */
  readonly afterMs: number;
  /** What was still wrong in the last round; empty when ok. */
  readonly last: string;
  /** Every round was ok, from the first on. */
  readonly atOnce: boolean;
}

export interface SteadyBudget {
  readonly withinMs: number;
  readonly inARow: number;
  /** From the begin of a round to that of the next; default as in pace.ts. */
  readonly intervalMs?: number;
  readonly signal?: AbortSignal;
}

/** Measures with fresh flows until every path is ok `inARow` times in a row, or the budget is spent. */
export async function steadily(
  cluster: Cluster,
  where: Whereabouts,
  plan: Plan,
  budget: SteadyBudget,
  onRound: (number: number, observations: readonly Observation[]) => void,
): Promise<Steadiness> {
  const { intervalMs = PACE.roundIntervalMs } = budget;
  const startedAtMs = performance.now();
  const elapsedMs = () => Math.round(performance.now() - startedAtMs);
  let firstOfRowMs = 0;
  let row = 0;
  for (let number = 1; ; number += 1) {
    const roundAtMs = performance.now();
    const observations = await measure(cluster, where, plan, budget.signal);
    onRound(number, observations);
    const bad = observations.find((one) => one.symptom !== "ok");
    row = bad ? 0 : row + 1;
    if (row === 1) firstOfRowMs = elapsedMs();
    if (row === budget.inARow) return { ok: true, afterMs: firstOfRowMs, last: "", atOnce: number === row };
    if (bad) {
      const last = `${bad.path} is ${bad.symptom} (${bad.detail})`;
      if (elapsedMs() > budget.withinMs) return { ok: false, afterMs: elapsedMs(), last, atOnce: false };
      where = await cluster.locate();
    }
    await sleep(roundAtMs + intervalMs - performance.now());
  }
}

/** True when every path of the round would pass. */
export function allAsExpected(
  expect: Readonly<Record<string, Expectation>>,
  observations: readonly Observation[],
): boolean {
  return Object.entries(expect).every(([path, expected]) => {
    const mine = observations.filter((one) => one.path === path);
    return judgePath(path, expected, mine).verdict === "pass";
  });
}

/**
 * At least `ms`; at once when it is not more than 0. A timer takes whole ms and leaves out what is beyond, and may fire
 * one before its time by performance.now().
 */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms > 0 ? Math.ceil(ms) + 1 : 0));
}
