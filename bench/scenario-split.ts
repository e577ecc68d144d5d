/**
 * Prints where a scenario's time goes: `node bench/scenario-split.ts [RUN…]` (default: the newest run). For each class
 * of scenario it prints the median of each phase in ms, from the event logs. Then it prints the duration of a scenario:
 * from the start of the first to the end of the last, evidence on disk, divided by their number. A class is the symptom
 * that the claim names under the fault. A phase lasts from the end of the one before it.
 */
import { join } from "node:path";
import { elapsedMs, spanMs } from "../lib/events/elapsed.ts";
import type { Event, ScenarioEvent } from "../lib/events/event.ts";
import { readEventLog } from "../lib/events/event-log.ts";
import { cellDirs, findRunDir } from "../cli/store/run-dir.ts";

type Told = Event & ScenarioEvent;

/** One running of a scenario. */
interface Course {
  readonly ofClass: string;
  readonly phases: Readonly<Record<string, number>>;
}

const runs = process.argv.length > 2 ? process.argv.slice(2) : ["latest"];
const logs = runs.flatMap((run) => cellDirs(findRunDir(run))).map((dir) => scenarioEvents(join(dir, "events.ndjson")));
const courses = logs.flatMap((log) => [...coursesIn(log)].map(splitOf));
for (const [ofClass, mine] of Map.groupBy(courses, (one) => one.ofClass)) {
  const names = [...new Set(mine.flatMap(({ phases }) => Object.keys(phases)))];
  const medians = names.map((name) => `${name} ${median(mine.flatMap(({ phases }) => phases[name] ?? []))}`);
  console.log(`${ofClass} (${mine.length}): ${medians.join(", ")}`);
}
for (const [index, log] of logs.entries()) {
  const count = coursesIn(log).length;
  console.log(`run ${index + 1}: ${spanMs(log)} ms for ${count} scenarios, ${Math.round(spanMs(log) / count)} ms each`);
}

function scenarioEvents(path: string): readonly Told[] {
  return readEventLog(path).filter((event): event is Told => "scenario" in event);
}

/** The events of each running; what is told of one that is over may come among those of the next. */
function coursesIn(log: readonly Told[]): readonly (readonly Told[])[] {
  return [...Map.groupBy(log, ({ scenario }) => scenario).values()].flatMap((mine) => {
    const begins = mine.flatMap(({ type }, index) => (type === "scenario-started" ? [index] : []));
    return begins.map((begin, nth) => mine.slice(begin, begins[nth + 1]));
  });
}

function splitOf(events: readonly Told[]): Course {
  const [started] = events;
  if (started?.type !== "scenario-started") throw new Error("a scenario's events do not begin with its start");
  const last = (is: (event: Told) => boolean) => events.findLast(is);
  const ends = {
    steady: last((event) => event.type === "round" && event.phase === "steady"),
    "until injected": events.find(({ type }) => type === "injected"),
    inject: last((event) => event.type === "read-back" && event.when === "before"),
    probe: last((event) => event.type === "round" && event.phase === "fault"),
    "read back": last((event) => event.type === "read-back" && event.when === "after"),
    heal: last(({ type }) => type === "healed"),
    recover: last(({ type }) => type === "recovered" || type === "not-recovered"),
    compare: last(({ type }) => type === "node-state"),
    end: last(({ type }) => type === "scenario-finished"),
  };
  const phases: Record<string, number> = {};
  let from: Told = started;
  for (const [name, to] of Object.entries(ends)) {
    if (!to) continue;
    phases[name] = elapsedMs(from, to);
    if (elapsedMs(from, to) > 0) from = to;
  }
  const symptoms = Object.values(started.expect).flatMap((one) => one.symptoms);
  const broken = [...new Set(symptoms.filter((symptom) => symptom !== "ok"))].sort();
  return { ofClass: broken.join(" + ") || "ok", phases: { ...phases, total: elapsedMs(started, from) } };
}

function median(all: readonly number[]): number {
  const sorted = all.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
