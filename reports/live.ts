/** Renders progress on a terminal: lasting lines for results and errors, and a live line with the running work. */
import type { Event } from "../lib/events/event.ts";
import { type DescribeFault, eventText } from "./progress.ts";
import { asciiText, cut, duration, oneLine } from "./text.ts";

/** The current work of a cell: its stage, and within it the scenario and its part. */
interface Activity {
  readonly stage: string;
  readonly stageSinceMs: number;
  readonly scenario?: string;
  readonly scenarioSinceMs?: number;
  readonly part?: string;
}

/** The current work of each cell that has started and not finished. */
export type Running = ReadonlyMap<string, Activity>;

const STAYS: ReadonlySet<Event["type"]> = new Set<Event["type"]>([
  "stage-done",
  "stage-failed",
  "cluster-kept",
  "skipped",
  "not-recovered",
  "not-undone",
  "error",
  "scenario-finished",
  "cell-finished",
  "note",
]);

/** Returns `running` after the event. Pure. */
export function advance(running: Running, cell: string, event: Event): Running {
  const next = new Map(running);
  const activity = activityAfter(running.get(cell) ?? { stage: "start", stageSinceMs: timeOf(event) }, event);
  if (activity === null) next.delete(cell);
  else next.set(cell, activity);
  return next;
}

function activityAfter(activity: Activity, event: Event): Activity | null {
  const { stage, stageSinceMs } = activity;
  switch (event.type) {
    case "cell-finished":
      return null;
    case "stage-started":
      return {
        stage: event.detail === "" ? event.stage : `${event.stage}: ${event.detail}`,
        stageSinceMs: timeOf(event),
      };
    case "scenario-started":
      return { stage, stageSinceMs, scenario: event.scenario, scenarioSinceMs: timeOf(event), part: "start" };
    case "round":
      return { ...activity, part: `${event.phase} round ${event.number}` };
    case "injected":
      return { ...activity, part: "fault in force" };
    case "healed":
      return { ...activity, part: event.ok ? "healed" : "NOT healed" };
    case "skipped":
    case "scenario-finished":
      return { stage, stageSinceMs };
    default:
      return activity;
  }
}

/** Returns the event's time by the monotonic clock, which `nowMs` also uses. */
function timeOf({ upMs, atMs }: Event): number {
  return upMs ?? atMs;
}

/**
 * Returns a line for each running cell: `3.2 s CELL services/x, fault round 1`. The time comes first, because a narrow
 * terminal cuts the end.
 */
export function runningLines(running: Running, nowMs: number): readonly string[] {
  return [...running].map(([cell, { stage, stageSinceMs, scenario, scenarioSinceMs, part }]) => {
    const work = scenario === undefined ? stage : `${scenario}, ${part ?? "start"}`;
    return oneLine(`${duration(nowMs - (scenarioSinceMs ?? stageSinceMs))} ${cell} ${work}`);
  });
}

/** Returns true if the event gets a lasting line; other events only change the live line. */
export function stays(event: Event): boolean {
  if (event.type === "healed") return !event.ok;
  if (event.type === "test") return !event.passed;
  if (event.type === "read-back") return !event.inForce;
  if (event.type === "node-state") return event.differences.length > 0;
  return STAYS.has(event.type);
}

/** The part of a terminal's stream that the live line needs. */
export interface LiveStream {
  readonly columns?: number;
  write(text: string): unknown;
}

export interface LiveOptions {
  readonly stream: LiveStream;
  readonly describe: DescribeFault;
  readonly nowMs: () => number;
  readonly ascii?: boolean;
}

export interface LiveProgress {
  readonly event: (cell: string, event: Event) => void;
  /** Writes a lasting line that belongs to no cell. */
  readonly line: (text: string) => void;
  /** Advances the spinner and the clock; call it a few times a second. */
  readonly tick: () => void;
  /** Removes the live line. Call it at the end, and before anything else writes to the stream. */
  readonly clear: () => void;
  /** Returns the lines of the running work, for SIGUSR1. */
  readonly standing: () => readonly string[];
}

const SPINNER = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"] as const;
const ASCII_SPINNER = ["|", "/", "-", "\\"] as const;
const CLEAR = "\r\u001b[2K";

/** Returns a live progress on a stream. It has no timer: the caller owns the clock. */
export function liveProgress({ stream, describe, nowMs, ascii = false }: LiveOptions): LiveProgress {
  let running: Running = new Map();
  let turn = 0;
  const shown = (text: string): string => (ascii ? asciiText(text) : text);
  const standing = (): readonly string[] => runningLines(running, nowMs()).map(shown);
  const draw = (): string => liveLine(standing(), turn, ascii, stream.columns ?? 80);
  return {
    event: (cell, event) => {
      running = advance(running, cell, event);
      const kept = stays(event) ? `${shown(keptLines(cell, event, describe))}\n` : "";
      stream.write(CLEAR + kept + draw());
    },
    line: (text) => stream.write(`${CLEAR}${shown(oneLine(text))}\n${draw()}`),
    tick: () => {
      turn += 1;
      stream.write(CLEAR + draw());
    },
    clear: () => stream.write(CLEAR),
    standing,
  };
}

function keptLines(cell: string, event: Event, describe: DescribeFault): string {
  const lines = eventText(event, describe).split("\n");
  return lines
    .filter((line) => line.trim() !== "")
    .map((line) => oneLine(`${cell} ${line}`))
    .join("\n");
}

/** Returns the live line, narrower than the terminal, because a wrapped line cannot be removed. */
function liveLine(lines: readonly string[], turn: number, ascii: boolean, columns: number): string {
  const last = lines.at(-1);
  if (last === undefined) return "";
  const frames = ascii ? ASCII_SPINNER : SPINNER;
  const others = lines.length === 1 ? "" : ` (+${lines.length - 1} more)`;
  const line = `${frames[turn % frames.length] ?? ""} ${last}`;
  // In ASCII the ellipsis has three characters.
  const room = Math.max(1, columns - 1 - others.length - (ascii ? 2 : 0));
  return (ascii ? asciiText(cut(line, room)) : cut(line, room)) + others;
}
