import { cellId } from "../model/cell.ts";
import type { Event, PlannedScenario } from "../events/event.ts";
import type { Mode } from "../model/mode.ts";
import type { CellResult, Run, RunRecord, ScenarioResult, Times } from "./result.ts";
import type { Verdict } from "../model/verdict.ts";
import { judgeScenario } from "./scenario.ts";
import { resultOf } from "./tries.ts";
import { clustersOf } from "./clusters.ts";
import { byCluster, clusterOf } from "./parts.ts";
import { notRunFor, taintedNodes } from "./taint.ts";

/** Everything a run's reports say, from what was logged: same logs, same result. */
export function judgeRun(record: RunRecord): Run {
  const results = record.logs.flatMap((events) => judgeLog(events));
  const summary = { pass: 0, fail: 0, unknown: 0, skip: 0 } satisfies Record<Verdict, number>;
  for (const { verdict } of results) summary[verdict] += 1;
  const { runId, startedAt, durationMs, command, facts } = record;
  const cells = record.logs.map(cellResult);
  const flaky = results.filter((one) => one.flaky).length;
  return { schemaVersion: 1, runId, startedAt, durationMs, command, facts, summary, flaky, cells, results };
}

/**
 * Each scenario of one cell's log, in the order they began. One that was run again (after a fail, or as a repeat) has one result of all its tries; in another mode it is
 * another one. What was planned and never began is unknown.
 */
export function judgeLog(events: readonly Event[]): readonly ScenarioResult[] {
  const cell = cellOf(events);
  const begun = byCluster(events).flatMap((part) => begunIn(part).map((mine) => ({ mine, cluster: clusterOf(part) })));
  const started = begun.filter(({ mine: [event] }) => event?.type === "scenario-started");
  const judged = together(started.map(({ mine, cluster }) => ({ ...judgeScenario(cell, mine), cluster })));
  const stray = neverStated(
    cell,
    begun.map(({ mine }) => mine),
  );
  return [...judged, ...judgeTests(cell, events), ...stray, ...neverBegan(cell, events, [...judged, ...stray])];
}

/** What was logged of each scenario of one cluster, once for each time that it began. */
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

function together(results: readonly ScenarioResult[]): readonly ScenarioResult[] {
  const tries = results.flatMap((result) => result.tries.map((one) => ({ ...one, result })));
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

interface Unmeasured extends PlannedScenario {
  readonly cell: string;
  readonly mode: Mode;
  readonly verdict: Verdict;
  readonly reason: string;
}

function unmeasured(one: Unmeasured): ScenarioResult {
  const { id, title, claim, documented, cell, mode, verdict, reason } = one;
  const result = {
    scenario: id,
    title,
    claim,
    cell,
    cluster: null,
    mode,
    verdict,
    reason,
    faults: [],
    documented,
    paths: [],
    leftOut: [],
  };
  return {
    ...result,
    times: NO_TIMES,
    nodeStateDifferences: [],
    ...{ evidence: null, explanations: [], rate: null, flaky: false },
    tries: [{ repeat: 1, attempt: 1, verdict, reason }],
    reproduce: `./faultline run ${id} --cell ${cell}`,
  };
}

function neverBegan(
  cell: string,
  events: readonly Event[],
  judged: readonly ScenarioResult[],
): readonly ScenarioResult[] {
  // What a replaced cluster left was planned again for the next.
  const planned = byCluster(events)
    .map((part) => part.filter((event) => event.type === "planned"))
    .flatMap((each, index, all) => each.map((one) => withoutLater(one, all.slice(index + 1).flat())));
  const taint = taintedNodes(events).at(-1);
  const reason = taint ? notRunFor(taint) : "it never began";
  return planned.flatMap(({ mode, scenarios }) =>
    scenarios
      .filter(({ id }) => !judged.some((one) => one.scenario === id && one.mode === mode))
      .map((one) => unmeasured({ ...one, cell, mode, verdict: "unknown", reason })),
  );
}

type Planned = Extract<Event, { readonly type: "planned" }>;

function withoutLater(one: Planned, later: readonly Planned[]): Planned {
  const again = later.filter(({ mode }) => mode === one.mode).flatMap(({ scenarios }) => scenarios.map(({ id }) => id));
  return { ...one, scenarios: one.scenarios.filter(({ id }) => !again.includes(id)) };
}

function neverStated(cell: string, begun: readonly (readonly Event[])[]): readonly ScenarioResult[] {
  return begun.flatMap(([event]) => {
    if (!event || !("scenario" in event) || event.type === "scenario-started") return [];
    const reason = event.type === "error" ? event.message : "the log lacks how it began";
    const words = { id: event.scenario, title: event.scenario, claim: "", documented: [] };
    return [unmeasured({ ...words, cell, mode: "as-claimed", verdict: "unknown", reason })];
  });
}

/** Hand-written tests count by suite: it passes when all of them do. What fails on a tainted cluster says nothing of what it tests. */
function judgeTests(cell: string, events: readonly Event[]): readonly ScenarioResult[] {
  const parts = byCluster(events).map((part) => ({ part, tests: part.filter((event) => event.type === "test") }));
  // What a taint kept a suite from on one cluster it was run again for on the next.
  const last = parts.flatMap(({ part, tests }, index) => {
    const later = new Set(parts.slice(index + 1).flatMap((one) => one.tests.map(({ suite }) => suite)));
    return tests.filter(({ suite }) => !later.has(suite)).map((test) => ({ test, part }));
  });
  return [...Map.groupBy(last, ({ test: { suite, mode } }) => `${mode} ${suite}`).values()].flatMap((group) => {
    const mine = group.map(({ test }) => test);
    const part = group[0]?.part ?? [];
    const [one] = mine;
    if (!one) return [];
    const failed = mine.find(({ passed }) => !passed);
    const reason = failed ? `${failed.title}: ${failed.message}` : `${mine.length} hand-written tests passed`;
    const blind = failed && taintedNodes(part.slice(0, part.indexOf(failed))).length > 0;
    const verdict = blind ? "unknown" : failed ? "fail" : "pass";
    const words = { id: one.suite, title: one.suite, claim: "hand-written tests", documented: [] };
    return [unmeasured({ ...words, cell, mode: one.mode, verdict, reason })];
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
  return {
    cell: cellId(start.cell),
    parts: start.cell,
    stages: stages.map(({ stage, durationMs, detail }) => ({ stage, durationMs, detail })),
    failure:
      byCluster(events)
        .map(failureOf)
        .find((one) => one !== null) ?? null,
    tainted: taintedNodes(events),
    clusters: clustersOf(events),
  };
}

/** A cell that did not get through its suites has failed, whether or not something was logged that says why. */
function failureOf(events: readonly Event[]): CellResult["failure"] {
  const failed = events.find((event) => event.type === "stage-failed");
  if (failed) return { stage: failed.stage, message: failed.message };
  if (events.some((event) => event.type === "stage-done" && event.stage === "suites")) return null;
  const stage = events.findLast((event) => event.type === "stage-started")?.stage ?? "setup";
  const note = events.findLast((event) => event.type === "note")?.text;
  return { stage, message: note ?? "the log ends before the suites were through" };
}
