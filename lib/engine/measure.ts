import { attemptsFor } from "../attempts.ts";
import { nodeOf } from "../address.ts";
import type { Cluster, Whereabouts } from "../cluster.ts";
import type { Expectation } from "../expectation.ts";
import { parsePath } from "../path.ts";
import type { Attempt, Observation } from "../probes/probe.ts";
import { probeRound } from "../probes/round.ts";

/** More than this without a tick of the prober's own clock, and the node was too busy for its time-outs to mean anything. */
const STALL_MS = 1000;

/** Each path and how many fresh flows to try on it. */
export type Plan = Readonly<Record<string, number>>;

/** A plan with `flows` for each path; a path with a share-claim gets as many as its claim names. */
export function planFor(expect: Readonly<Record<string, Expectation>>, flows: number): Plan {
  return Object.fromEntries(Object.entries(expect).map(([path, one]) => [path, one.share?.of ?? flows]));
}

/**
 * Tries every path of the plan side by side: one exec a node. Never throws for what a probe does: what cannot be told is `unknown`.
 */
export async function measure(
  cluster: Cluster,
  where: Whereabouts,
  plan: Plan,
  signal?: AbortSignal,
): Promise<readonly Observation[]> {
  const placed = new Map<"A" | "B" | "outside", Attempt[]>();
  const lost: Observation[] = [];
  for (const [path, flows] of Object.entries(plan)) {
    try {
      const place = nodeOf(parsePath(path).from);
      placed.set(place, [...(placed.get(place) ?? []), ...attemptsFor(where, path, flows)]);
    } catch (error) {
      lost.push(unknownObservation(path, (error as Error).message));
    }
  }
  const rounds = [...placed].map(async ([place, attempts]) => {
    const round = await probeRound(cluster.exec(place), attempts, signal ? { signal } : {});
    return stalled(round.worstGapMs)
      ? round.observations.map((one) => starved(one, round.worstGapMs))
      : round.observations;
  });
  return [...(await Promise.all(rounds)).flat(), ...lost];
}

function stalled(worstGapMs: number | null): boolean {
  return worstGapMs !== null && worstGapMs > STALL_MS;
}

/** Of a starved round only what the far end said itself is worth anything: an answer, a refusal. Silence is not. */
function starved(one: Observation, worstGapMs: number | null): Observation {
  const silent = ["connect-timeout", "stall", "dns-timeout", "loss", "slow"].includes(one.symptom);
  if (!silent) return one;
  const detail = `the prober itself stood still for ${worstGapMs} ms: ${one.symptom} cannot be told from that`;
  return { ...one, symptom: "unknown", detail };
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
