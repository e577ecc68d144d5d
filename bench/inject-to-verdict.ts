/**
 * Prints where a scenario's time goes between fault and verdict: `node bench/inject-to-verdict.ts [RUN]` (default: the
 * newest run). It reads the event log and prints ms for each scenario: inject (all faults, read back), prove (probes
 * and readings under the fault), heal (with the node states taken just before), recover (three rounds ok), compare
 * (node states), and the sum from the start of the injection to the end. Evidence is taken within these.
 */
import { join } from "node:path";
import type { Event } from "../lib/events/event.ts";
import { readEventLog } from "../lib/events/event-log.ts";
import { elapsedMs } from "../lib/events/elapsed.ts";
import { cellDirs, findRunDir } from "../cli/store/run-dir.ts";

const [run = "latest"] = process.argv.slice(2);
for (const dir of cellDirs(findRunDir(run))) {
  const events = readEventLog(join(dir, "events.ndjson")).filter((event) => "scenario" in event);
  for (const [scenario, mine] of Map.groupBy(events, ({ scenario }) => scenario)) console.log(splitOf(scenario, mine));
}

function splitOf(scenario: string, events: readonly Event[]): string {
  const last = (is: (event: Event) => boolean) => events.findLast(is);
  const marks = {
    inject: last((event) => event.type === "read-back" && event.when === "before"),
    prove: last((event) => event.type === "round" && event.phase === "fault"),
    heal: last(({ type }) => type === "healed"),
    recover: last(({ type }) => type === "recovered" || type === "not-recovered"),
    compare: last(({ type }) => type === "node-state"),
  };
  const injected = events.find(({ type }) => type === "injected");
  if (injected?.type !== "injected") return `${scenario}: nothing was injected`;
  const parts: string[] = [];
  let from: Event = injected;
  let totalMs = injected.durationMs;
  for (const [name, to] of Object.entries(marks)) {
    if (!to) continue;
    const tookMs = elapsedMs(from, to) + (name === "inject" ? injected.durationMs : 0);
    parts.push(`${name} ${tookMs}`);
    totalMs += elapsedMs(from, to);
    from = to;
  }
  return `${scenario.padEnd(38)} ${parts.join(", ")}: ${totalMs} ms`;
}
