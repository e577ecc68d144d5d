import { cellId } from "../model/cell.ts";
import type { Event, PlannedScenario } from "../events/event.ts";
import type { Mode } from "../model/mode.ts";
import type { Verdict } from "../model/verdict.ts";
import type { CellResult, Judgement, Run, RunRecord, ScenarioResult, Times } from "./result.ts";
import { judgeScenario } from "./scenario.ts";
import { resultOf } from "./tries.ts";
import { clustersOf } from "./clusters.ts";
import { clusterNameIn, splitByCluster } from "./cluster-logs.ts";
import { notRunBecause, taintedNodes } from "./taint.ts";

/** Judges a run from its logs and returns everything its reports say. Equal logs give equal results. Pure. */
export function judgeRun(record: RunRecord): Run {
  const results = record.logs.flatMap((events) => judgeLog(events));
  const summary = { pass: 0, fail: 0, unknown: 0, skip: 0 } satisfies Record<Verdict, number>;
  for (const { verdict } of results) summary[verdict] += 1;
  const { runId, startedAt, durationMs, command, facts } = record;
  const cells = record.logs.map(cellResult);
  const flaky = results.filter((result) => result.flaky).length;
  return { schemaVersion: 1, runId, startedAt, durationMs, command, facts, summary, flaky, cells, results };
}

/**
 * Judges each scenario of one cell's log, in the order in which they began. Retries and repeats of a scenario share one
 * result; each mode has its own. A planned scenario that never began is unknown. Pure.
 */
export function judgeLog(events: readonly Event[]): readonly ScenarioResult[] {
  const cell = cellOf(events);
  const begun = splitByCluster(events).flatMap((log) =>
    begunIn(log).map((mine) => ({ mine, cluster: clusterNameIn(log) })),
  );
  const started = begun.filter(({ mine: [event] }) => event?.type === "scenario-started");
  const judged = withTriesJoined(started.map(({ mine, cluster }) => ({ ...judgeScenario(cell, mine), cluster })));
  const stray = withoutStart(
    cell,
    begun.map(({ mine }) => mine),
  );
  return [...judged, ...judgeTests(cell, events), ...stray, ...neverBegan(cell, events, [...judged, ...stray])];
}

/** Returns the events of each run of a scenario on one cluster; `scenario-started` begins a run. */
function begunIn(events: readonly Event[]): readonly (readonly Event[])[] {
  const open = new Map<string, Event[]>();
  const begun: Event[][] = [];
  for (const event of events) {
    if (!("scenario" in event)) continue;
    if (event.type === "scenario-started" || !open.has(event.scenario)) {
      const mine: Event[] = [];
      open.set(event.scenario, mine);
      begun.push(mine);
    }
    open.get(event.scenario)?.push(event);
  }
  return begun;
}

function withTriesJoined(results: readonly ScenarioResult[]): readonly ScenarioResult[] {
  const tries = results.flatMap((result) => result.tries.map((each) => ({ ...each, result })));
  const byScenario = Map.groupBy(tries, ({ result }) => `${result.mode} ${result.scenario}`);
  return [...byScenario.values()].map(resultOf);
}

const NO_TIMES: Times = {
  steadyMs: null,
  injectMs: null,
  proveMs: null,
  healMs: null,
  recoveryMs: null,
  totalMs: 0,
};

interface Unmeasured extends PlannedScenario, Judgement {
  readonly cell: string;
  readonly mode: Mode;
}

/** Returns the result of a suite that has a verdict but no measurement. */
function unmeasured({ id, title, claim, documented, cell, mode, verdict, reason }: Unmeasured): ScenarioResult {
  return {
    scenario: id,
    title,
    claim,
    cell,
    cluster: null,
    mode,
    verdict,
    reason,
    skipCode: null,
    faults: [],
    documented,
    paths: [],
    leftOut: [],
    times: NO_TIMES,
    nodeStateDifferences: [],
    evidence: null,
    explanations: [],
    tries: [{ repeat: 1, attempt: 1, verdict, reason }],
    rate: null,
    flaky: false,
    reproduce: `./faultline run ${id} --cell ${cell}`,
  };
}

/** Returns an unknown result for each planned scenario that has none. */
function neverBegan(
  cell: string,
  events: readonly Event[],
  judged: readonly ScenarioResult[],
): readonly ScenarioResult[] {
  // A replacement cluster plans the remaining scenarios of a tainted one again.
  const planned = splitByCluster(events)
    .map((log) => log.filter((event) => event.type === "planned"))
    .flatMap((plans, index, all) => plans.map((plan) => withoutLater(plan, all.slice(index + 1).flat())));
  const taint = taintedNodes(events).at(-1);
  const reason = taint ? notRunBecause(taint) : "it never began";
  return planned.flatMap(({ mode, scenarios }) =>
    scenarios
      .filter(({ id }) => !judged.some((result) => result.scenario === id && result.mode === mode))
      .map((scenario) => unmeasured({ ...scenario, cell, mode, verdict: "unknown", reason })),
  );
}

type Planned = Extract<Event, { readonly type: "planned" }>;

/** Removes the scenarios that a later plan of the same mode contains. */
function withoutLater(plan: Planned, later: readonly Planned[]): Planned {
  const sameMode = later.filter(({ mode }) => mode === plan.mode);
  const replanned = new Set(sameMode.flatMap(({ scenarios }) => scenarios.map(({ id }) => id)));
  return { ...plan, scenarios: plan.scenarios.filter(({ id }) => !replanned.has(id)) };
}

/** Returns an unknown result for each scenario whose `scenario-started` the log lacks. */
function withoutStart(cell: string, begun: readonly (readonly Event[])[]): readonly ScenarioResult[] {
  return begun.flatMap(([event]) => {
    if (!event || !("scenario" in event) || event.type === "scenario-started") return [];
    const reason = event.type === "error" ? event.message : "the log lacks its start";
    const words = { id: event.scenario, title: event.scenario, claim: "", documented: [] };
    return [unmeasured({ ...words, cell, mode: "as-claimed", verdict: "unknown", reason })];
  });
}

/**
 * Judges hand-written tests by suite: a suite passes if all its tests do. A test that fails after its cluster was
 * tainted is unknown, because the taint may be the cause.
 */
function judgeTests(cell: string, events: readonly Event[]): readonly ScenarioResult[] {
  const logs = splitByCluster(events).map((log) => ({ log, tests: log.filter((event) => event.type === "test") }));
  // A suite that a taint stopped on one cluster runs again on the next: the last cluster counts.
  const counted = logs.flatMap(({ log, tests }, index) => {
    const later = new Set(logs.slice(index + 1).flatMap((next) => next.tests.map(({ suite }) => suite)));
    return tests.filter(({ suite }) => !later.has(suite)).map((test) => ({ test, log }));
  });
  return [...Map.groupBy(counted, ({ test: { suite, mode } }) => `${mode} ${suite}`).values()].flatMap((group) => {
    const tests = group.map(({ test }) => test);
    const log = group[0]?.log ?? [];
    const [first] = tests;
    if (!first) return [];
    const failed = tests.find(({ passed }) => !passed);
    const reason = failed ? `${failed.title}: ${failed.message}` : `${tests.length} hand-written tests passed`;
    const isAfterTaint = failed && taintedNodes(log.slice(0, log.indexOf(failed))).length > 0;
    const verdict = isAfterTaint ? "unknown" : failed ? "fail" : "pass";
    const words = { id: first.suite, title: first.suite, claim: "hand-written tests", documented: [] };
    return [unmeasured({ ...words, cell, mode: first.mode, verdict, reason })];
  });
}

function cellOf(events: readonly Event[]): string {
  const start = events.find((event) => event.type === "cell-started");
  return start ? cellId(start.cell) : "unknown cell";
}

function cellResult(events: readonly Event[]): CellResult {
  const start = events.find((event) => event.type === "cell-started");
  if (!start) throw new Error("a cell's log begins with cell-started");
  const stages = events.filter((event) => event.type === "stage-done");
  const failures = splitByCluster(events).map(failureOf);
  return {
    cell: cellId(start.cell),
    parts: start.cell,
    stages: stages.map(({ stage, durationMs, detail }) => ({ stage, durationMs, detail })),
    failure: failures.find((failure) => failure !== null) ?? null,
    tainted: taintedNodes(events),
    clusters: clustersOf(events),
  };
}

/** Returns why a cell did not finish its suites, even if the log names no cause; null if it finished them. */
function failureOf(events: readonly Event[]): CellResult["failure"] {
  const failed = events.find((event) => event.type === "stage-failed");
  if (failed) return { stage: failed.stage, message: failed.message };
  if (events.some((event) => event.type === "stage-done" && event.stage === "suites")) return null;
  const stage = events.findLast((event) => event.type === "stage-started")?.stage ?? "setup";
  const note = events.findLast((event) => event.type === "note")?.text;
  return { stage, message: note ?? "the log ends before the suites do" };
}
