import type { Event, ScenarioEvent } from "./event.ts";

/** A scenario's event of one type. */
export type Of<T extends ScenarioEvent["type"]> = Extract<Event, { readonly type: T; readonly scenario: string }>;

/** Those of one type, in their order. Pure. */
export function all<T extends ScenarioEvent["type"]>(events: readonly Event[], type: T): readonly Of<T>[] {
  return events.filter((event): event is Of<T> => event.type === type);
}

export function first<T extends ScenarioEvent["type"]>(events: readonly Event[], type: T): Of<T> | undefined {
  return all(events, type)[0];
}
