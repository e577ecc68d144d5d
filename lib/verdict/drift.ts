import type { Event } from "../events/event.ts";
import { describeFault } from "../faults/registry.ts";
import type { Judgement } from "./result.ts";
import { elapsedMs } from "../events/elapsed.ts";
import { eventsOf, type EventOf } from "../events/events-of-type.ts";

/** Returns a fail for each fault that could not be undone; it outranks every other finding. Pure. */
export function undoFindings(events: readonly Event[]): readonly Judgement[] {
  const failedHeals = eventsOf(events, "healed").filter(({ ok }) => !ok);
  return [
    ...failedHeals.map(({ detail }) => failed(`fault could not be undone: ${detail}`)),
    ...eventsOf(events, "not-undone").map(({ fault, detail }) =>
      failed(`${describeFault(fault)} could not be undone: ${detail}`),
    ),
  ];
}

function failed(reason: string): Judgement {
  return { verdict: "fail", reason };
}

/**
 * Returns an `unknown` for each reading that found the fault gone: the probes then say nothing about it. Where the
 * claim is that an agent undoes the fault, judges that claim instead. Pure.
 */
export function driftFindings(start: EventOf<"scenario-started">, events: readonly Event[]): readonly Judgement[] {
  const drifts = eventsOf(events, "drifted");
  const claimed = drifts.filter((drift) => isClaimed(start, drift));
  const drifted = new Set(drifts.map(({ faultId }) => faultId));
  const findings = drifts.filter((drift) => !isClaimed(start, drift)).map(driftFinding);
  for (const { faultId, when, inForce, detail } of eventsOf(events, "read-back")) {
    if (inForce || drifted.has(faultId)) continue;
    findings.push({ verdict: "unknown", reason: `fault not in force ${when} the probes: ${detail}` });
  }
  return [...findings, ...healingFindings(start, claimed, watchedMs(events))];
}

function isClaimed({ healsItself }: EventOf<"scenario-started">, { fault }: EventOf<"drifted">): boolean {
  return healsItself !== undefined && fault.fault.kind === healsItself.kind;
}

/** The CNI's agent comes first; the log has all lines. */
const MAX_AGENT_LINES = 3;

function driftFinding({ fault, afterMs, detail, agents }: EventOf<"drifted">): Judgement {
  const logged = agents.slice(0, MAX_AGENT_LINES).join("; ");
  const cause = agents.length === 0 ? "no agent logged why" : `meanwhile ${logged}`;
  const reason = `${describeFault(fault)} was no longer in force ${afterMs} ms after injection: ${detail}; ${cause}`;
  return { verdict: "unknown", reason };
}

/**
 * Judges the claim that an agent undoes the fault in time. In mode `no-fault` there is no fault, so the claim fails.
 */
function healingFindings(
  { healsItself, mode, faults }: EventOf<"scenario-started">,
  drifts: readonly EventOf<"drifted">[],
  watchedForMs: number,
): readonly Judgement[] {
  if (!healsItself) return [];
  const { by, kind, withinMs } = healsItself;
  const expectedDrifts = mode === "no-fault" ? 1 : faults.filter(({ fault }) => fault.kind === kind).length;
  const late = drifts.find(({ afterMs }) => afterMs > withinMs);
  const findings: Judgement[] = [];
  if (late) findings.push(failed(`${by} undid it only after ${late.afterMs} ms, not within ${withinMs} ms`));
  if (drifts.length >= expectedDrifts) return findings;
  const isWatched = mode === "no-fault" || watchedForMs >= withinMs;
  if (isWatched) return [...findings, failed(`${by} did not undo it within ${withinMs} ms`)];
  return [
    ...findings,
    { verdict: "unknown", reason: `the fault was not watched for the ${withinMs} ms that ${by} has` },
  ];
}

/** Returns the ms from the last injection to the reading after the probes; 0 if the log lacks one of them. */
function watchedMs(events: readonly Event[]): number {
  const from = eventsOf(events, "injected").at(-1);
  const to = eventsOf(events, "read-back").findLast(({ when }) => when === "after");
  return from && to ? elapsedMs(from, to) : 0;
}
