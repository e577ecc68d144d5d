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

/** What is to be run after a try: the same again, the next repeat, or nothing (null). Where a scenario is repeated anyway a fail counts for itself. Pure. */
export function nextTry({ nth: { repeat, attempt }, mode, result, events, fails }: Tried, repeats: number): Nth | null {
  const again = { repeat, attempt: attempt + 1 };
  if (result.verdict === "unknown" && attempt < MOST_AFTER_UNKNOWN && mayBeToldNext(events)) return again;
  const isFail = result.verdict === "fail" && mode === "as-claimed" && repeats === 1;
  if (isFail && fails < MOST_FAILS) return again;
  return repeat < repeats ? { repeat: repeat + 1, attempt: 1 } : null;
}

/** A probe that got lost is worth another try. That a fault did not stay, or never came to be, is what there is to tell. */
function mayBeToldNext(events: readonly Event[]): boolean {
  const claimed = firstEvent(events, "scenario-started")?.healsItself?.kind;
  const isAdrift = eventsOf(events, "drifted").some(({ fault }) => fault.fault.kind !== claimed);
  return eventsOf(events, "injected").length > 0 && !isAdrift;
}
