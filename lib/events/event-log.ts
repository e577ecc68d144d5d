import { appendFileSync, readFileSync } from "node:fs";
import { monotonicMs } from "../host/clock.ts";
import type { Event } from "./event.ts";

type WithoutTime<T> = T extends Event ? Omit<T, "atMs" | "upMs"> : never;

/** An event as its author writes it; the log adds the time. */
export type NewEvent = WithoutTime<Event>;
export type Emit = (event: NewEvent) => void;

/** Returns the event with its time: `atMs` for people, `upMs` for durations. */
export function stamped(event: NewEvent): Event {
  return { atMs: Date.now(), upMs: Math.round(monotonicMs()), ...event };
}

/**
 * Returns a function that appends events to a cell's log, one JSON object a line, at once and in order. An unwritable
 * log does not stop the run, because healing must go on: `onError` gets the first failure, later ones are dropped.
 */
export function eventLog(path: string, onError: (error: Error) => void): Emit {
  let hasFailed = false;
  return (event) => {
    try {
      appendFileSync(path, `${JSON.stringify(stamped(event))}\n`, { mode: 0o600 });
    } catch (error) {
      if (!hasFailed) onError(error as Error);
      hasFailed = true;
    }
  };
}

/**
 * Reads the events of a log. Leaves out a torn last line, which a killed writer leaves. Throws Error naming file and
 * line if an earlier line is damaged.
 */
export function readEventLog(path: string): readonly Event[] {
  const lines = readFileSync(path, "utf8").split("\n");
  const torn = lines.pop();
  const events = lines.map((line, index) => {
    try {
      return JSON.parse(line) as Event;
    } catch {
      throw new Error(`${path}:${index + 1}: expected one JSON object, found ${JSON.stringify(line.slice(0, 60))}`);
    }
  });
  return torn === undefined || torn === "" ? events : [...events, ...wholeOrNothing(torn)];
}

function wholeOrNothing(line: string): readonly Event[] {
  try {
    return [JSON.parse(line) as Event];
  } catch {
    return [];
  }
}
