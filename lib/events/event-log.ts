import { appendFileSync, readFileSync } from "node:fs";
import { monotonicMs } from "../host/clock.ts";
import type { Event } from "./event.ts";

type WithoutTime<T> = T extends Event ? Omit<T, "atMs" | "upMs"> : never;

/** An event as its author writes it; the log adds the time. */
export type NewEvent = WithoutTime<Event>;
export type Emit = (event: NewEvent) => void;

/** The event as it is logged: when it happened, for people and for counting. */
export function stamped(event: NewEvent): Event {
  return { atMs: Date.now(), upMs: Math.round(monotonicMs()), ...event };
}

/**
 * Appends events to a cell's log, a JSON object a line, at once and in order. A log that cannot be written does not stop the run (healing must
 * go on): the first failure is told through `onError`.
 */
export function eventLog(path: string, onError: (error: Error) => void): Emit {
  let told = false;
  return (event) => {
    try {
      appendFileSync(path, `${JSON.stringify(stamped(event))}\n`, { mode: 0o600 });
    } catch (error) {
      if (!told) onError(error as Error);
      told = true;
    }
  };
}

/** The events of a log; a torn last line (the writer was killed) is left out. Throws naming the line when an earlier one is damaged. */
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
