import type { Event } from "../events/event.ts";
import { describeFault } from "../faults/registry.ts";
import type { Observation } from "../probes/probe.ts";
import type { Judgement, PathResult, ScenarioResult, Times } from "./result.ts";
import { elapsedMs } from "../events/elapsed.ts";
import { driftFindings, undoFindings } from "./drift.ts";
import { eventsOf, firstEvent, type EventOf } from "../events/events-of-type.ts";
import { judgePaths } from "./rounds.ts";

/**
 * Judges one scenario from its events, in the order in which they were logged. `fail`: a measurement contradicts the
 * claim. `unknown`: the run could not decide, or the log lacks an event that must have happened. A fail outranks an
 * unknown, with one exception: if a fault was found gone, a path's fail proves nothing (docs/verdicts.md). Pure, so
 * that `replay` can judge a run again. Throws Error if the events lack `scenario-started`.
 */
export function judgeScenario(cell: string, events: readonly Event[]): ScenarioResult {
  const start = firstEvent(events, "scenario-started");
  if (!start) throw new Error("a scenario's events begin with scenario-started");
  const paths = judgePaths(start, events);
  const nodeStateDifferences = decidedStates(events).flatMap(({ node, differences }) =>
    differences.map((line) => `${node}: ${line}`),
  );
  const { verdict, reason } = decide(start, events, paths, nodeStateDifferences);
  return {
    scenario: start.scenario,
    title: start.title,
    claim: start.claim,
    cell,
    cluster: null,
    mode: start.mode,
    verdict,
    reason,
    skipCode: firstEvent(events, "skipped")?.code ?? null,
    faults: start.faults.map(describeFault),
    documented: start.documented,
    paths,
    leftOut: Object.entries(start.leftOut ?? {}).map(([path, reason]) => ({ path, reason })),
    times: timesOf(start, events),
    nodeStateDifferences,
    evidence: firstEvent(events, "evidence")?.dir ?? null,
    explanations: firstEvent(events, "explained")?.explanations ?? [],
    tries: [{ repeat: start.nth?.repeat ?? 1, attempt: start.nth?.attempt ?? 1, verdict, reason }],
    rate: null,
    flaky: false,
    reproduce: `./faultline run ${start.scenario} --cell ${cell}`,
  };
}

function decide(
  start: EventOf<"scenario-started">,
  events: readonly Event[],
  paths: readonly PathResult[],
  differences: readonly string[],
): Judgement {
  const skipped = firstEvent(events, "skipped");
  if (skipped) return { verdict: "skip", reason: skipped.reason };
  const drift = driftFindings(start, events);
  const recovery = recoveryFindings(start, events, differences);
  const fatal = [...undoFindings(events), ...recovery].find(({ verdict }) => verdict === "fail");
  // The probes say nothing about a fault that was gone, so this outranks a broken claim.
  const adrift = drift.find(({ verdict }) => verdict === "unknown");
  const decisive = fatal ?? adrift;
  if (decisive) return decisive;
  const findings = [...drift, ...recovery, ...brokenClaims(paths), ...missingEvents(start, events)];
  // An error explains more than the measurements it prevented.
  const error = firstEvent(events, "error");
  const unknown = error ? { verdict: "unknown" as const, reason: error.message } : undefined;
  const worst =
    findings.find(({ verdict }) => verdict === "fail") ??
    unknown ??
    findings.find(({ verdict }) => verdict === "unknown");
  return worst ?? { verdict: "pass", reason: "every path as claimed, healed, recovered, node state as before" };
}

function brokenClaims(paths: readonly PathResult[]): readonly Judgement[] {
  return paths
    .filter((path) => path.verdict !== "pass")
    .map(({ path, verdict, expected, observed, reason }) => ({
      verdict,
      reason: `${path}: expected ${expected}, observed ${observed} (${reason})`,
    }));
}

/** Judges the recovery and the nodes' state after it. */
function recoveryFindings(
  start: EventOf<"scenario-started">,
  events: readonly Event[],
  differences: readonly string[],
): readonly Judgement[] {
  const findings: Judgement[] = [];
  const end = firstEvent(events, "not-recovered") ?? firstEvent(events, "recovered");
  if (end && (end.type === "not-recovered" || end.afterMs > start.recoversWithinMs)) {
    const words = end.type === "recovered" ? "recovered only" : "not recovered";
    const verdict = isRecoveryDecided(events) ? "fail" : "unknown";
    findings.push({ verdict, reason: `${words} ${end.afterMs} ms after the fault was undone` });
  }
  if (differences.length > 0) {
    const more = differences.length > 1 ? ` (and ${differences.length - 1} more)` : "";
    findings.push({ verdict: "fail", reason: `node state differs from the baseline: ${differences[0]}${more}` });
  }
  return findings;
}

/** Returns false if the last round that was not ok has an undecided flow: then a slow machine may be the cause. */
function isRecoveryDecided(events: readonly Event[]): boolean {
  const rounds = eventsOf(events, "round").filter(({ phase }) => phase === "recovery");
  const last = rounds.findLast(({ observations }) => observations.some(({ symptom }) => symptom !== "ok"));
  return last?.observations.every(({ symptom }) => symptom !== "unknown") ?? true;
}

function allOk(paths: readonly string[], observations: readonly Observation[]): boolean {
  const has = (path: string) => observations.some((flow) => flow.path === path);
  return paths.every(has) && observations.every(({ symptom }) => symptom === "ok");
}

/** Returns an unknown for each event that must have happened and is missing: the log may be cut or unwritable. */
function missingEvents(start: EventOf<"scenario-started">, events: readonly Event[]): readonly Judgement[] {
  const missing: string[] = [];
  if (!firstEvent(events, "scenario-finished")) missing.push("the end of the scenario");
  if (!eventsOf(events, "round").some(({ phase }) => phase === "fault"))
    missing.push("a round of probes under the fault");
  const expected = Math.max(1, start.faults.length);
  if (eventsOf(events, "injected").length < expected) missing.push("a fault that was injected");
  if (lacksReading(events)) missing.push("a reading of the fault before, during and after the probes");
  if (eventsOf(events, "healed").length < expected) missing.push("a fault that was undone");
  const { notUntil, mode, healsItself } = start;
  const unprobed = Object.keys(healsItself?.meanwhile ?? {}).filter((path) => !(path in start.expect));
  missing.push(...unprobed.map((path) => `probes on ${path}`));
  if (notUntil && mode !== "no-fault" && lastedMs(events) < notUntil.lastsMs)
    missing.push(`${notUntil.lastsMs} ms of lasting`);
  const breaksNothing = start.faults.every(({ fault }) => fault.kind === "none") && mode !== "no-fault";
  if (!breaksNothing) missing.push(...missingAroundFault(start, events));
  return missing.map((event) => ({ verdict: "unknown", reason: `the log has no trace of ${event}` }));
}

/** Returns the missing parts before and after the fault: steady state, recovery, comparison of the nodes. */
function missingAroundFault(start: EventOf<"scenario-started">, events: readonly Event[]): readonly string[] {
  const missing: string[] = [];
  const steady = eventsOf(events, "round")
    .filter(({ phase }) => phase === "steady")
    .slice(-3);
  const paths = Object.keys(start.expect);
  const isSteady = steady.length === 3 && steady.every(({ observations }) => allOk(paths, observations));
  if (!isSteady) missing.push("a steady state before the fault, three rounds in a row");
  if (!firstEvent(events, "recovered") && !firstEvent(events, "not-recovered")) missing.push("the recovery");
  const compared = new Set(decidedStates(events).map(({ node }) => node));
  if (compared.size < (start.nodes ?? 2)) missing.push("the comparison of node states");
  return missing;
}

/**
 * Returns true if a fault lacks a reading before, during or after the probes. A fault that was found gone needs no
 * later one.
 */
function lacksReading(events: readonly Event[]): boolean {
  const read = new Set(eventsOf(events, "read-back").map(({ faultId, when }) => `${when} ${faultId}`));
  const gone = new Set(eventsOf(events, "drifted").flatMap(({ faultId: id }) => [`during ${id}`, `after ${id}`]));
  const faults = eventsOf(events, "injected").map(({ faultId }) => faultId);
  const due = faults.flatMap((id) => [`before ${id}`, `during ${id}`, `after ${id}`]);
  return due.some((reading) => !read.has(reading) && !gone.has(reading));
}

/** Returns the ms from the first round as claimed to the last round that shows that the symptom lasts, or 0. */
function lastedMs(events: readonly Event[]): number {
  const rounds = eventsOf(events, "round").filter(({ phase }) => phase === "fault");
  const from = rounds.findLast((round) => !round.lasting);
  const to = rounds.findLast((round) => round.lasting);
  return from && to ? elapsedMs(from, to) : 0;
}

/** Returns true for an event of a scenario that had ended before. */
function isDeferred(event: Event): boolean {
  return "deferred" in event;
}

/** Returns the node states that count for the verdict. A stopped comparison decides nothing. */
function decidedStates(events: readonly Event[]) {
  return eventsOf(events, "node-state").filter(({ undecided }) => undecided !== true);
}

function timesOf(start: Event, events: readonly Event[]): Times {
  const injected = eventsOf(events, "injected");
  const healed = eventsOf(events, "healed");
  const rounds = eventsOf(events, "round");
  const lastUnderFault = rounds.findLast(({ phase }) => phase === "fault");
  const lastSteady = rounds.findLast(({ phase }) => phase === "steady");
  const recovered = firstEvent(events, "recovered");
  const lastInjected = injected.at(-1);
  const sum = (list: readonly { readonly durationMs: number }[]) =>
    list.length === 0 ? null : list.reduce((total, { durationMs }) => total + durationMs, 0);
  return {
    steadyMs: lastSteady ? elapsedMs(start, lastSteady) : null,
    injectMs: sum(injected),
    proveMs: lastUnderFault && lastInjected ? elapsedMs(lastInjected, lastUnderFault) : null,
    healMs: sum(healed),
    recoveryMs: recovered ? recovered.afterMs : null,
    totalMs: elapsedMs(start, events.findLast((event) => !isDeferred(event)) ?? start),
  };
}
