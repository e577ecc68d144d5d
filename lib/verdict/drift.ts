import type { Event } from "../events/event.ts";
import { describeFault } from "../faults/contract/fault.ts";
import type { Verdict } from "../model/verdict.ts";
import { elapsedMs } from "../events/elapsed.ts";
import { all, type Of } from "../events/of-type.ts";

export interface Finding {
  readonly verdict: Verdict;
  readonly reason: string;
}

/** What went wrong with undoing: it outranks everything else. Pure. */
export function undoFindings(events: readonly Event[]): readonly Finding[] {
  const healed = all(events, "healed").filter(({ ok }) => !ok);
  return [
    ...healed.map(({ detail }) => failed(`fault could not be undone: ${detail}`)),
    ...all(events, "not-undone").map(({ fault, detail }) =>
      failed(`${describeFault(fault)} could not be undone: ${detail}`),
    ),
  ];
}

function failed(reason: string): Finding {
  return { verdict: "fail", reason };
}

/**
 * Whether what was measured is of the fault at all. A fault that was gone in any reading leaves nothing to be judged, unless its going is what is claimed. Pure.
 */
export function forceFindings(start: Of<"scenario-started">, events: readonly Event[]): readonly Finding[] {
  const drifts = all(events, "drifted");
  const allowed = drifts.filter((one) => isClaimed(start, one));
  const told = new Set(drifts.map(({ faultId }) => faultId));
  const findings = drifts.filter((one) => !isClaimed(start, one)).map(driftFinding);
  for (const { faultId, when, inForce, detail } of all(events, "read-back")) {
    if (inForce || told.has(faultId)) continue;
    findings.push({ verdict: "unknown", reason: `fault not in force ${when} the probes: ${detail}` });
  }
  return [...findings, ...healingFindings(start, allowed, watchedMs(events))];
}

function isClaimed({ healsItself }: Of<"scenario-started">, { fault }: Of<"drifted">): boolean {
  return healsItself !== undefined && fault.fault.kind === healsItself.kind;
}

/** The CNI's come first; all of them are in the log. */
const MOST_AGENT_LINES = 3;

function driftFinding({ fault, afterMs, detail, agents }: Of<"drifted">): Finding {
  const who = agents.length === 0 ? "no agent logged why" : `meanwhile ${agents.slice(0, MOST_AGENT_LINES).join("; ")}`;
  const reason = `${describeFault(fault)} was in force no more ${afterMs} ms after it was put in force: ${detail}; ${who}`;
  return { verdict: "unknown", reason };
}

/** With nothing broken there is nothing that could heal. */
function healingFindings(
  { healsItself, mode, faults }: Of<"scenario-started">,
  drifts: readonly Of<"drifted">[],
  forMs: number,
): readonly Finding[] {
  if (!healsItself) return [];
  const { by, kind, withinMs } = healsItself;
  const due = mode === "no-fault" ? 1 : faults.filter(({ fault }) => fault.kind === kind).length;
  const late = drifts.find(({ afterMs }) => afterMs > withinMs);
  const findings: Finding[] = [];
  if (late) findings.push(failed(`${by} undid it only after ${late.afterMs} ms, not within ${withinMs} ms`));
  if (drifts.length >= due) return findings;
  const isWatched = mode === "no-fault" || forMs >= withinMs;
  if (isWatched) return [...findings, failed(`${by} did not undo it within ${withinMs} ms`)];
  return [
    ...findings,
    { verdict: "unknown", reason: `the fault was not watched for the ${withinMs} ms that ${by} has` },
  ];
  return findings;
}

/** From the last fault's being put in force to the reading after the probes; 0 where one of them is missing. */
function watchedMs(events: readonly Event[]): number {
  const from = all(events, "injected").at(-1);
  const to = all(events, "read-back").findLast(({ when }) => when === "after");
  return from && to ? elapsedMs(from, to) : 0;
}
