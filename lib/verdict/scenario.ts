import type { Event } from "../events/event.ts";
import { describeFault } from "../faults/contract/fault.ts";
import type { Observation } from "../probes/probe.ts";
import type { PathResult, ScenarioResult, Times } from "./result.ts";
import { elapsedMs } from "../events/elapsed.ts";
import { forceFindings, undoFindings, type Finding } from "./drift.ts";
import { all, first, type Of } from "../events/of-type.ts";
import { judgePaths } from "./rounds.ts";

/**
 * Judges one scenario from its events, in the order they were logged: a pure function, so that a run can be judged again later (`replay`).
 * fail: something decided speaks against the claim. unknown: it could not be decided, or the log lacks something that must have happened. Fail
 * outranks unknown.
 */
export function judgeScenario(cell: string, events: readonly Event[]): ScenarioResult {
  const start = first(events, "scenario-started");
  if (!start) throw new Error("a scenario's events begin with scenario-started");
  const paths = judgePaths(start, events);
  const nodeStateDifferences = all(events, "node-state").flatMap((one) =>
    one.differences.map((line) => `${one.node}: ${line}`),
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
    faults: start.faults.map(describeFault),
    documented: start.documented,
    paths,
    leftOut: Object.entries(start.leftOut ?? {}).map(([path, reason]) => ({ path, reason })),
    times: timesOf(start, events),
    nodeStateDifferences,
    evidence: first(events, "evidence")?.dir ?? null,
    explanations: first(events, "explained")?.explanations ?? [],
    tries: [{ repeat: start.nth?.repeat ?? 1, attempt: start.nth?.attempt ?? 1, verdict, reason }],
    rate: null,
    flaky: false,
    reproduce: `./faultline run ${start.scenario} --cell ${cell}`,
  };
}

function decide(
  start: Of<"scenario-started">,
  events: readonly Event[],
  paths: readonly PathResult[],
  differences: readonly string[],
): Finding {
  const skipped = first(events, "skipped");
  if (skipped) return { verdict: "skip", reason: skipped.reason };
  const undone = undoFindings(events);
  const force = forceFindings(start, events);
  const later = afterwards(start, events, differences);
  const fatal = [...undone, ...later].find((one) => one.verdict === "fail");
  // What was measured of a fault that was not there says nothing of the claim, whatever it looks like.
  const adrift = force.find((one) => one.verdict === "unknown");
  const decisive = fatal ?? adrift;
  if (decisive) return decisive;
  const findings = [...force, ...later, ...brokenClaims(paths), ...whatIsMissing(start, events)];
  // An error explains better than what it left unmeasured.
  const error = first(events, "error");
  const unknown = error ? { verdict: "unknown" as const, reason: error.message } : undefined;
  const worst =
    findings.find((one) => one.verdict === "fail") ?? unknown ?? findings.find((one) => one.verdict === "unknown");
  return worst ?? { verdict: "pass", reason: "every path as claimed, healed, recovered, node state as before" };
}

function brokenClaims(paths: readonly PathResult[]): readonly Finding[] {
  return paths
    .filter((path) => path.verdict !== "pass")
    .map(({ path, verdict, expected, observed, reason }) => ({
      verdict,
      reason: `${path}: expected ${expected}, observed ${observed} (${reason})`,
    }));
}

function afterwards(
  start: Of<"scenario-started">,
  events: readonly Event[],
  differences: readonly string[],
): readonly Finding[] {
  const findings: Finding[] = [];
  const late = first(events, "not-recovered") ?? first(events, "recovered");
  if (late && (late.type === "not-recovered" || late.afterMs > start.recoversWithinMs)) {
    const how = late.type === "recovered" ? "recovered only" : "not recovered";
    const verdict = isRecoveryTold(events) ? "fail" : "unknown";
    findings.push({ verdict, reason: `${how} ${late.afterMs} ms after the fault was undone` });
  }
  if (differences.length > 0) {
    const more = differences.length > 1 ? ` (and ${differences.length - 1} more)` : "";
    findings.push({ verdict: "fail", reason: `node state differs from the baseline: ${differences[0]}${more}` });
  }
  return findings;
}

/** The last round that was not well shows whether it was the network: what could not be told may have been the machine. */
function isRecoveryTold(events: readonly Event[]): boolean {
  const rounds = all(events, "round").filter(({ phase }) => phase === "recovery");
  const last = rounds.findLast(({ observations }) => observations.some(({ symptom }) => symptom !== "ok"));
  return last?.observations.every(({ symptom }) => symptom !== "unknown") ?? true;
}

function allOk(paths: readonly string[], observations: readonly Observation[]): boolean {
  const has = (path: string) => observations.some((one) => one.path === path);
  return paths.every(has) && observations.every((one) => one.symptom === "ok");
}

/** What did not happen speaks against a pass just as what went wrong: the log may have been cut, or not been written. */
function whatIsMissing(start: Of<"scenario-started">, events: readonly Event[]): readonly Finding[] {
  const missing: string[] = [];
  if (!first(events, "scenario-finished")) missing.push("the end of the scenario");
  if (!all(events, "round").some((one) => one.phase === "fault")) missing.push("a round of probes under the fault");
  const expected = Math.max(1, start.faults.length);
  if (all(events, "injected").length < expected) missing.push("a fault that was injected");
  if (notRead(events)) missing.push("a reading of the fault before, during and after the probes");
  if (all(events, "healed").length < expected) missing.push("a fault that was undone");
  const breaksNothing = start.faults.every(({ fault }) => fault.kind === "none") && start.mode !== "no-fault";
  const { notUntil, mode, healsItself } = start;
  const unprobed = Object.keys(healsItself?.meanwhile ?? {}).filter((path) => !(path in start.expect));
  missing.push(...unprobed.map((path) => `probes on ${path}`));
  if (notUntil && mode !== "no-fault" && lastedMs(events) < notUntil.lastsMs)
    missing.push(`${notUntil.lastsMs} ms of lasting`);
  if (!breaksNothing) {
    const steady = all(events, "round")
      .filter((one) => one.phase === "steady")
      .slice(-3);
    const paths = Object.keys(start.expect);
    const held = steady.length === 3 && steady.every(({ observations }) => allOk(paths, observations));
    if (!held) missing.push("a steady state before the fault, three rounds in a row");
    if (!first(events, "recovered") && !first(events, "not-recovered")) missing.push("the recovery");
    if (new Set(all(events, "node-state").map(({ node }) => node)).size < (start.nodes ?? 2))
      missing.push("the comparison of node states");
  }
  return missing.map((what) => ({ verdict: "unknown", reason: `the log has no trace of ${what}` }));
}

/** Whether a fault was not read at each of these moments; one that was seen to be gone need not be read again. */
function notRead(events: readonly Event[]): boolean {
  const read = new Set(all(events, "read-back").map(({ faultId, when }) => `${when} ${faultId}`));
  const gone = new Set(all(events, "drifted").flatMap(({ faultId: id }) => [`during ${id}`, `after ${id}`]));
  const faults = all(events, "injected").map(({ faultId }) => faultId);
  const due = faults.flatMap((id) => [`before ${id}`, `during ${id}`, `after ${id}`]);
  return due.some((one) => !read.has(one) && !gone.has(one));
}

/** From the first round as claimed to the last that was to show that it lasts. */
function lastedMs(events: readonly Event[]): number {
  const rounds = all(events, "round").filter((one) => one.phase === "fault");
  const from = rounds.findLast((one) => !one.lasting);
  const to = rounds.findLast((one) => one.lasting);
  return from && to ? elapsedMs(from, to) : 0;
}

function timesOf(start: Event, events: readonly Event[]): Times {
  const injected = all(events, "injected");
  const healed = all(events, "healed");
  const rounds = all(events, "round");
  const lastUnderFault = rounds.filter((one) => one.phase === "fault").at(-1);
  const lastSteady = rounds.filter((one) => one.phase === "steady").at(-1);
  const recovered = first(events, "recovered");
  const lastInjected = injected.at(-1);
  const sum = (list: readonly { readonly durationMs: number }[]) =>
    list.length === 0 ? null : list.reduce((total, one) => total + one.durationMs, 0);
  return {
    steadyMs: lastSteady ? elapsedMs(start, lastSteady) : null,
    injectMs: sum(injected),
    proveMs: lastUnderFault && lastInjected ? elapsedMs(lastInjected, lastUnderFault) : null,
    healMs: sum(healed),
    recoveryMs: recovered ? recovered.afterMs : null,
    totalMs: elapsedMs(start, events.at(-1) ?? start),
  };
}
