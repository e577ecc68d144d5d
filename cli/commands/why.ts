import { join } from "node:path";
import { cellId } from "../../lib/model/cell.ts";
import { EXIT, UsageError } from "../../lib/host/errors.ts";
import type { Event, ScenarioEvent } from "../../lib/events/event.ts";
import { readEventLog } from "../../lib/events/event-log.ts";
import type { Observation } from "../../lib/probes/probe.ts";
import { countSymptoms } from "../../lib/verdict/path.ts";
import { explain } from "../../lib/why/explain.ts";
import { readEvidence } from "../../lib/why/facts/read-evidence.ts";
import { renderWhy, type ScenarioWhy } from "../../reports/why.ts";
import { cellDirs, findRunDir } from "../store/run-dir.ts";

/**
 * Prints why paths failed in a run's scenarios, from their evidence. `scenario` is an id or a folder of ids; without
 * one, all are explained. Throws UsageError for an unknown run or scenario. Names damaged logs and evidence, and does
 * not throw for them.
 */
export function whyCommand(
  run: string,
  scenario?: string,
  print = (text: string): unknown => process.stdout.write(text),
): number {
  const all = cellDirs(findRunDir(run)).flatMap(whyInCell);
  const wanted = scenario === undefined ? all : all.filter((one) => isWanted(one.scenario, scenario));
  if (scenario !== undefined && wanted.length === 0) {
    throw new UsageError(
      `scenario "${scenario}" is not in run "${run}"`,
      `it has ${all.map((one) => one.scenario).join(", ")}`,
    );
  }
  print(wanted.length === 0 ? "no scenario ran\n" : renderWhy(wanted));
  return EXIT.ok;
}

function isWanted(id: string, wanted: string): boolean {
  return id === wanted || id.startsWith(`${wanted.replace(/\/$/, "")}/`);
}

function whyInCell(dir: string): readonly ScenarioWhy[] {
  try {
    const events = readEventLog(join(dir, "events.ndjson"));
    const start = events.find((event) => event.type === "cell-started");
    const cell = start ? cellId(start.cell) : "unknown cell";
    return scenariosIn(events).map((mine) => whyOf(dir, cell, mine));
  } catch (error) {
    return [
      {
        ...NOTHING,
        scenario: dir,
        cell: "unknown cell",
        trouble: `its log cannot be read: ${(error as Error).message}`,
      },
    ];
  }
}

const NOTHING = { mode: "as-claimed", failed: [], explanations: [], trouble: null } as const;

type Mine = readonly (Event & ScenarioEvent)[];

/** Each run of a scenario begins with `scenario-started`; a selfcheck has several of one. */
function scenariosIn(events: readonly Event[]): readonly Mine[] {
  const found: (Event & ScenarioEvent)[][] = [];
  for (const event of events) {
    if (!("scenario" in event)) continue;
    if (event.type === "scenario-started") found.push([]);
    found.findLast((mine) => mine.length === 0 || mine[0]?.scenario === event.scenario)?.push(event);
  }
  return found.filter((mine) => mine.length > 0);
}

function whyOf(dir: string, cell: string, events: Mine): ScenarioWhy {
  const [start] = events;
  const mode = start?.type === "scenario-started" ? start.mode : "as-claimed";
  const named = { ...NOTHING, scenario: start?.scenario ?? "", cell, mode };
  // The last round under the fault is the one that is judged.
  const round = events.findLast((event) => event.type === "round" && event.phase === "fault");
  if (round?.type !== "round") return { ...named, trouble: "nothing was probed under the fault" };
  const failed = failedPaths(round.observations);
  const evidence = events.find((event) => event.type === "evidence");
  if (failed.length === 0) return named;
  if (!evidence || evidence.dir === null) {
    return { ...named, trouble: "no evidence was kept: run it again with --evidence all" };
  }
  return { ...named, failed, explanations: explain(readEvidence(join(dir, evidence.dir)), round.observations) };
}

function failedPaths(observations: readonly Observation[]): readonly string[] {
  const byPath = Map.groupBy(
    observations.filter(({ symptom }) => symptom !== "ok"),
    ({ path }) => path,
  );
  return [...byPath].map(([path, mine]) => {
    const counts = Object.entries(countSymptoms(mine)).map(([symptom, count]) => `${symptom} ×${count}`);
    return `${path}: ${counts.join(", ")}`;
  });
}
