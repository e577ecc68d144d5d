import type { Event, ScenarioEvent } from "./event.ts";

/** A logged scenario event of type `T`, with its time stamps. */
export type EventOf<T extends ScenarioEvent["type"]> = Extract<Event, { readonly type: T; readonly scenario: string }>;

/** Returns the events of one type, in their order. Pure. */
export function eventsOf<T extends ScenarioEvent["type"]>(events: readonly Event[], type: T): readonly EventOf<T>[] {
  return events.filter((event): event is EventOf<T> => event.type === type);
}

/** Returns the first event of one type, or undefined. Pure. */
export function firstEvent<T extends ScenarioEvent["type"]>(events: readonly Event[], type: T): EventOf<T> | undefined {
  return eventsOf(events, type)[0];
}
