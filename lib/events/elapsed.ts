import type { Event } from "./event.ts";

type TimeStamps = Pick<Event, "atMs" | "upMs">;

/**
 * Returns the whole ms from one event to a later one of the same cell, never below 0. Uses the monotonic clock; logs of
 * version 0.1.0 lack `upMs`, so for them the wall clock decides.
 */
export function elapsedMs(from: TimeStamps, to: TimeStamps): number {
  const measured = from.upMs !== undefined && to.upMs !== undefined ? to.upMs - from.upMs : to.atMs - from.atMs;
  return Math.max(0, Math.round(measured));
}

/** Returns the ms between the earliest and the latest of these events, in any order; 0 if there are none. */
export function spanMs(events: readonly TimeStamps[]): number {
  const monotonic = events.flatMap(({ upMs }) => upMs ?? []);
  const stamps = monotonic.length > 0 ? monotonic : events.map(({ atMs }) => atMs);
  return stamps.length === 0 ? 0 : Math.max(...stamps) - Math.min(...stamps);
}
