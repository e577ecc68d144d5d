import type { Event, ScenarioEvent } from "../event.ts";
import { describeFault } from "../faults/fault.ts";
import type { PathResult, ScenarioResult, Times, Verdict } from "../run.ts";
import { judgePath } from "./path.ts";

type Of<T extends ScenarioEvent["type"]> = Extract<Event, { readonly type: T; readonly scenario: string }>;

/**
 * Judges one scenario from its events, in the order they were logged: a pure function, so that a run can be judged again later (`replay`).
 * fail: something decided speaks against the claim. unknown: it could not be decided, or the log ends too early. Fail outranks unknown.
 */
export function judgeScenario(cell: string, events: readonly Event[]): ScenarioResult {
  const start = first(events, "scenario-started");
  if (!start) throw new Error("a scenario's events begin with scenario-started");
  const probes = all(events, "round")
    .filter((one) => one.phase === "fault")
    .at(-1);
  const paths = Object.entries(start.expect).map(([path, expected]) =>
    judgePath(path, expected, probes?.observations.filter((one) => one.path === path) ?? []),
  );
  const nodeStateDifferences = all(events, "node-state").flatMap((one) =>
    one.differences.map((line) => `${one.node}: ${line}`),
  );
  const { verdict, reason } = decide(events, paths, nodeStateDifferences);
  return {
    scenario: start.scenario,
    title: start.title,
    claim: start.claim,
    cell,
    mode: start.mode,
    verdict,
    reason,
    faults: start.faults.map(describeFault),
    documented: start.documented,
    paths,
    times: timesOf(events, start.atMs),
    nodeStateDifferences,
    reproduce: `./faultline run ${start.scenario} --cell ${cell}`,
  };
}

interface Finding {
  readonly verdict: Verdict;
  readonly reason: string;
}

function decide(events: readonly Event[], paths: readonly PathResult[], differences: readonly string[]): Finding {
  const skipped = first(events, "skipped");
  if (skipped) return { verdict: "skip", reason: skipped.reason };
  const findings = [...brokenClaims(paths), ...faultFindings(events), ...afterwards(events, differences)];
  const worst = findings.find((one) => one.verdict === "fail") ?? findings.find((one) => one.verdict === "unknown");
  return worst ?? { verdict: "pass", reason: "every path as claimed, healed, recovered, node state as before" };
}

function brokenClaims(paths: readonly PathResult[]): readonly Finding[] {
  const bad = paths.filter((path) => path.verdict !== "pass" && path.observed !== "not measured");
  return bad.map((path) => ({
    verdict: path.verdict,
    reason: `${path.path}: expected ${path.expected}, observed ${path.observed} (${path.reason})`,
  }));
}

function faultFindings(events: readonly Event[]): readonly Finding[] {
  const findings: Finding[] = all(events, "error").map(({ message }) => ({ verdict: "unknown", reason: message }));
  for (const { when, inForce, detail } of all(events, "read-back")) {
    const moment = when === "before" ? "before the probes" : "after the probes";
    if (!inForce) findings.push({ verdict: "unknown", reason: `fault not in force ${moment}: ${detail}` });
  }
  for (const { ok, detail } of all(events, "healed")) {
    if (!ok) findings.push({ verdict: "fail", reason: `fault could not be undone: ${detail}` });
  }
  if (!first(events, "scenario-finished")) {
    findings.push({ verdict: "unknown", reason: "the log ends before the scenario did" });
  } else if (!all(events, "round").some((one) => one.phase === "fault")) {
    findings.push({ verdict: "unknown", reason: "no path was measured under the fault" });
  }
  return findings;
}

function afterwards(events: readonly Event[], differences: readonly string[]): readonly Finding[] {
  const findings: Finding[] = [];
  const late = first(events, "not-recovered");
  if (late) findings.push({ verdict: "fail", reason: `not recovered ${late.afterMs} ms after the fault was undone` });
  if (differences.length > 0) {
    const more = differences.length > 1 ? ` (and ${differences.length - 1} more)` : "";
    findings.push({ verdict: "fail", reason: `node state differs from the baseline: ${differences[0]}${more}` });
  }
  return findings;
}

function timesOf(events: readonly Event[], startedAtMs: number): Times {
  const injected = all(events, "injected");
  const healed = all(events, "healed");
  const rounds = all(events, "round");
  const lastUnderFault = rounds.filter((one) => one.phase === "fault").at(-1);
  const lastSteady = rounds.filter((one) => one.phase === "steady").at(-1);
  const recovered = first(events, "recovered");
  const lastInjectedAtMs = injected.at(-1)?.atMs;
  const sum = (list: readonly { readonly durationMs: number }[]) =>
    list.length === 0 ? null : list.reduce((total, one) => total + one.durationMs, 0);
  return {
    steadyMs: lastSteady ? lastSteady.atMs - startedAtMs : null,
    injectMs: sum(injected),
    proveMs: lastUnderFault && lastInjectedAtMs !== undefined ? lastUnderFault.atMs - lastInjectedAtMs : null,
    healMs: sum(healed),
    recoveryMs: recovered ? recovered.afterMs : null,
    totalMs: (events.at(-1)?.atMs ?? startedAtMs) - startedAtMs,
  };
}

function all<T extends ScenarioEvent["type"]>(events: readonly Event[], type: T): readonly Of<T>[] {
  return events.filter((event): event is Of<T> => event.type === type);
}

function first<T extends ScenarioEvent["type"]>(events: readonly Event[], type: T): Of<T> | undefined {
  return all(events, type)[0];
}
