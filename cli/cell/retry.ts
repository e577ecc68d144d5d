import type { Event } from "../../lib/events/event.ts";
import type { Mode, Nth } from "../../lib/model/mode.ts";
import type { ScenarioResult } from "../../lib/verdict/result.ts";
import { eventsOf, firstEvent } from "../../lib/events/events-of-type.ts";

export const FIRST: Nth = { repeat: 1, attempt: 1 };
/** A fail that does not repeat is no fact about the network, and twice is enough to know. */
const MOST_FAILS = 2;
const MOST_AFTER_UNKNOWN = 3;

export interface Tried {
  readonly nth: Nth;
  readonly mode: Mode;
  readonly result: ScenarioResult;
  readonly events: readonly Event[];
  /** Of the same repeat, this one included. */
  readonly fails: number;
}

/**
 * Returns the next try: the same again, the next repeat, or null for none. A repeated scenario is not retried after a
 * fail: each fail counts. Pure.
 */
export function nextTry({ nth: { repeat, attempt }, mode, result, events, fails }: Tried, repeats: number): Nth | null {
  const again = { repeat, attempt: attempt + 1 };
  if (result.verdict === "unknown" && attempt < MOST_AFTER_UNKNOWN && mayBeToldNext(events)) return again;
  const isFail = result.verdict === "fail" && mode === "as-claimed" && repeats === 1;
  if (isFail && fails < MOST_FAILS) return again;
  return repeat < repeats ? { repeat: repeat + 1, attempt: 1 } : null;
}

/**
 * Returns true if another try may help, as after a lost probe. A fault that was absent or vanished is a result itself.
 */
function mayBeToldNext(events: readonly Event[]): boolean {
  const claimed = firstEvent(events, "scenario-started")?.healsItself?.kind;
  const isAdrift = eventsOf(events, "drifted").some(({ fault }) => fault.fault.kind !== claimed);
  return eventsOf(events, "injected").length > 0 && !isAdrift;
}
