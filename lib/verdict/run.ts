import { cellId } from "../cell.ts";
import type { Event } from "../event.ts";
import type { CellResult, Run, RunRecord, ScenarioResult, Verdict } from "../run.ts";
import { judgeScenario } from "./scenario.ts";

/** Everything a run's reports say, from what was logged: same logs, same result. */
export function judgeRun(record: RunRecord): Run {
  const results = record.logs.flatMap((events) => judgeLog(events));
  const summary = { pass: 0, fail: 0, unknown: 0, skip: 0 } satisfies Record<Verdict, number>;
  for (const { verdict } of results) summary[verdict] += 1;
  const { runId, startedAt, durationMs, command, facts } = record;
  const cells = record.logs.map(cellResult);
  return { schemaVersion: 1, runId, startedAt, durationMs, command, facts, summary, cells, results };
}

/** Each scenario of one cell's log, in the order they began. One that was run again (another mode, a repeat) is judged each time. */
export function judgeLog(events: readonly Event[]): readonly ScenarioResult[] {
  const cell = cellOf(events);
  const open = new Map<string, Event[]>();
  const all: Event[][] = [];
  for (const event of events) {
    if (!("scenario" in event)) continue;
    if (event.type === "scenario-started") {
      const mine: Event[] = [];
      open.set(event.scenario, mine);
      all.push(mine);
    }
    open.get(event.scenario)?.push(event);
  }
  return all.map((mine) => judgeScenario(cell, mine));
}

function cellOf(events: readonly Event[]): string {
  const start = events.find((event) => event.type === "cell-started");
  return start ? cellId(start.cell) : "unknown cell";
}

function cellResult(events: readonly Event[]): CellResult {
  const start = events.find((event) => event.type === "cell-started");
  if (!start) throw new Error("a cell's log begins with cell-started");
  const failed = events.find((event) => event.type === "stage-failed");
  const stages = events.filter((event) => event.type === "stage-done");
  return {
    cell: cellId(start.cell),
    parts: start.cell,
    stages: stages.map(({ stage, durationMs, detail }) => ({ stage, durationMs, detail })),
    failure: failed ? { stage: failed.stage, message: failed.message } : null,
  };
}
