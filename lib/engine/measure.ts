import { attemptsFor, type FlowPlan } from "../probes/attempts.ts";
import { nodeOf, type ExecTarget } from "../model/address.ts";
import type { Cluster, Whereabouts } from "../model/cluster.ts";
import type { Expectation } from "../model/expectation.ts";
import { parsePath } from "../model/path.ts";
import type { Symptom } from "../model/symptom.ts";
import type { Attempt, Observation } from "../probes/probe.ts";
import type { TimeScale } from "../host/time-scale.ts";
import { probeRound } from "../probes/round.ts";
import { believable } from "../probes/strain.ts";
import { withReplicas } from "./replicas.ts";

export interface HowToTry extends FlowPlan {
  /** Ask afterwards which replica of a Service each lookup met. */
  readonly tellReplicas?: boolean;
}

/** Each path and how to try it. */
export type Plan = Readonly<Record<string, HowToTry>>;

/** Symptoms that come when others are long decided, so that they are waited for. */
const LATE: readonly Symptom[] = ["host-unreachable", "slow"];

/**
 * The way to try paths under a fault: `flows` each, or as many as a share-claim names; patiently where the claim is one
 * that takes its time, or everywhere.
 */
export function planFor(expect: Readonly<Record<string, Expectation>>, flows: number, patiently = false): Plan {
  const tries = (one: Expectation): HowToTry => ({
    flows: one.share?.of ?? flows,
    tellReplicas: one.share?.replica !== undefined,
    patient: patiently || one.symptoms.some((symptom) => LATE.includes(symptom)),
  });
  return Object.fromEntries(Object.entries(expect).map(([path, one]) => [path, tries(one)]));
}

/** One flow on each path: a round of the steady state or of the recovery. */
export function onceEach(paths: readonly string[]): Plan {
  return Object.fromEntries(paths.map((path) => [path, { flows: 1 }]));
}

/**
 * Returns how many attempts a node makes side by side. On a processor where everything takes longer (time-scale.ts) two
 * dozen at once wait for each other until curl gives up (seen in user-mode Linux, with a dozen processes an attempt: 7
 * to 18 of 48 could not be told; of ten at once, with as few processes as there are now, none).
 */
const atOnce = ({ factor }: TimeScale): number => (factor > 1 ? 10 : Infinity);

/** The items in pieces of `most` each. Pure. */
export function inPieces<Item>(items: readonly Item[], most: number): readonly (readonly Item[])[] {
  if (items.length <= most) return [items];
  return [items.slice(0, most), ...inPieces(items.slice(most), most)];
}

/**
 * Tries every path of the plan side by side: one exec a node, or as many one after the other as it takes where that is
 * too much at once. Never throws for what a probe does: what cannot be told is `unknown`.
 */
export async function measure(
  cluster: Cluster,
  where: Whereabouts,
  plan: Plan,
  signal?: AbortSignal,
): Promise<readonly Observation[]> {
  const { timeScale } = cluster;
  const placed = new Map<ExecTarget, Attempt[]>();
  const lost: Observation[] = [];
  for (const [path, tries] of Object.entries(plan)) {
    try {
      const place = nodeOf(parsePath(path).from);
      placed.set(place, [...(placed.get(place) ?? []), ...attemptsFor(where, path, tries)]);
    } catch (error) {
      lost.push(unknownObservation(path, (error as Error).message));
    }
  }
  const round = async (place: ExecTarget, attempts: readonly Attempt[]): Promise<readonly Observation[]> => {
    const exec = cluster.exec(place);
    const { observations, ...strain } = await probeRound(exec, attempts, { timeScale, ...(signal && { signal }) });
    const traced = attempts.filter(({ path }) => plan[path]?.tellReplicas === true);
    // What cannot be traced stays untold, and a claim that needs it comes out unknown.
    const told = await withReplicas(exec, where, traced, observations).catch(() => observations);
    return believable(told, strain);
  };
  const rounds = [...placed].map(async ([place, attempts]) => {
    const seen: Observation[] = [];
    for (const some of inPieces(attempts, atOnce(timeScale))) seen.push(...(await round(place, some)));
    return seen;
  });
  return [...(await Promise.all(rounds)).flat(), ...lost];
}

function unknownObservation(path: string, detail: string): Observation {
  return {
    id: `${path}#0`,
    path,
    tool: parsePath(path).tool,
    symptom: "unknown",
    detail,
    startedAtMs: Date.now(),
    durationMs: 0,
    seen: {},
    raw: { exitCode: null, stdout: "", stderr: "" },
  };
}
