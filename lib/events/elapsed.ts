import type { Event } from "./event.ts";

type Stamps = Pick<Event, "atMs" | "upMs">;

/** Ms from one event to a later one of the same cell: never by the wall clock, but for logs of before `upMs` was written down. */
export function elapsedMs(from: Stamps, to: Stamps): number {
  const counted = from.upMs !== undefined && to.upMs !== undefined ? to.upMs - from.upMs : to.atMs - from.atMs;
  return Math.max(0, Math.round(counted));
}

/** Ms from the first of these events to the last, in whatever order they come; 0 for none. */
export function spanMs(events: readonly Stamps[]): number {
  const counted = events.flatMap(({ upMs }) => upMs ?? []);
  const stamps = counted.length > 0 ? counted : events.map(({ atMs }) => atMs);
  return stamps.length === 0 ? 0 : Math.max(...stamps) - Math.min(...stamps);
}
