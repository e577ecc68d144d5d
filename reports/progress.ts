/** Renders events as text, and progress for logs: one line an event. */
import type { CellEvent, Event, ScenarioEvent } from "../lib/events/event.ts";
import type { describeFault } from "../lib/faults/registry.ts";
import type { Observation } from "../lib/probes/probe.ts";
import { cleanText, cut, duration, oneLine } from "./text.ts";

/** Passed in by the composition root, because reports import only types from lib. */
export type DescribeFault = typeof describeFault;

const MAX_LINE_LENGTH = 500;

/**
 * Returns `2026-03-01T02:00:00.000Z CELL text` for each line of the event's text, without control codes and without
 * final newline.
 */
export function plainLines(cell: string, event: Event, describe: DescribeFault): readonly string[] {
  const time = new Date(event.atMs).toISOString();
  const lines = eventText(event, describe).split("\n");
  return lines
    .filter((line) => line.trim() !== "")
    .map((line) => cut(`${time} ${oneLine(cell)} ${line}`, MAX_LINE_LENGTH));
}

/** Returns the event as printable text, of several lines if its message has several. */
export function eventText(event: Event, describe: DescribeFault): string {
  if (event.type === "note") return cleanText(event.text);
  if ("scenario" in event) return cleanText(`${event.scenario}: ${scenarioText(event, describe)}`);
  return cleanText(cellText(event));
}

function cellText(event: CellEvent): string {
  switch (event.type) {
    case "cell-started":
      return `started in run ${event.runId}`;
    case "stage-started":
      return withDetail(event.stage, event.detail);
    case "stage-done":
      return withDetail(`${event.stage} done in ${duration(event.durationMs)}`, event.detail);
    case "stage-failed":
      return `${event.stage} FAILED after ${duration(event.durationMs)} (exit ${event.exitCode}): ${event.message}`;
    case "cluster-started":
      return `${event.reused ? "reuses" : "makes"} cluster ${event.name}`;
    case "cluster-kept":
      return `cluster ${event.name} kept; ${event.detail}`;
    case "nodes":
      return Object.entries(event.containers)
        .map(([node, container]) => `${node} is ${container}`)
        .join(", ");
    case "planned":
      return `${event.scenarios.length} suites to run [${event.mode}]`;
    case "test":
      return event.passed
        ? `${event.suite}: passed: ${event.title}`
        : `${event.suite}: FAILED: ${event.title}: ${event.message}`;
    case "cell-finished":
      return `finished in ${duration(event.durationMs)}`;
  }
}

function scenarioText(event: ScenarioEvent, describe: DescribeFault): string {
  switch (event.type) {
    case "scenario-started": {
      const mode = event.mode === "as-claimed" ? "" : ` [${event.mode}]`;
      return `started${mode}: ${event.faults.map(describe).join("; ") || "no fault"}; claim: ${event.claim}`;
    }
    case "skipped":
      return `skipped: ${event.reason}`;
    case "round":
      return `${event.phase} round ${event.number}: ${counted(event.observations)}`;
    case "recovered":
      return `recovered after ${duration(event.afterMs)}`;
    case "not-recovered":
      return `NOT recovered after ${duration(event.afterMs)}`;
    case "measured-again":
      return `measured again: ${event.reason}`;
    case "node-state":
      return event.differences.length === 0
        ? `node ${event.node} is as before`
        : `node ${event.node} DIFFERS: ${event.differences.join("\n")}`;
    case "error":
      return `ERROR: ${event.message}`;
    case "evidence":
      return evidenceText(event);
    case "explained":
      return event.explanations.map(({ cause }) => `because: ${cause}`).join("\n");
    case "scenario-finished":
      return `finished in ${duration(event.durationMs)}`;
    default:
      return faultText(event, describe);
  }
}

function evidenceText({
  kept,
  dir,
  files,
  bytes,
  trouble,
}: Extract<ScenarioEvent, { readonly type: "evidence" }>): string {
  const summary =
    dir === null ? "no evidence kept" : `evidence: ${kept}, ${files} files, ${Math.ceil(bytes / 1024)} KiB in ${dir}`;
  return withDetail(summary, trouble.join("; "));
}

type FaultEvent = Extract<ScenarioEvent, { readonly faultId: string }>;

function faultText(event: FaultEvent, describe: DescribeFault): string {
  switch (event.type) {
    case "injected":
      return `injected ${describe(event.fault)} in ${duration(event.durationMs)}`;
    case "read-back":
      return withDetail(`${event.when} the probes the fault ${event.inForce ? "is" : "is NOT"} in force`, event.detail);
    case "drifted": {
      const gone = `NO LONGER in force: ${describe(event.fault)}, after ${duration(event.afterMs)}`;
      return withDetail(withDetail(gone, event.detail), event.agents.join("; "));
    }
    case "healed": {
      const words = event.ok ? "healed" : "NOT healed";
      return withDetail(`${words} in ${duration(event.durationMs)}`, event.detail);
    }
    case "not-undone":
      return withDetail(`NOT undone: ${describe(event.fault)}`, event.detail);
  }
}

function withDetail(text: string, detail: string): string {
  return detail === "" ? text : `${text}: ${detail}`;
}

/** Returns the counts of symptoms, the most frequent first: `12 ok, 3 connect-timeout`. */
function counted(observations: readonly Observation[]): string {
  const counts = new Map<string, number>();
  for (const { symptom } of observations) counts.set(symptom, (counts.get(symptom) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([symptom, count]) => `${count} ${symptom}`).join(", ") || "no probes";
}
