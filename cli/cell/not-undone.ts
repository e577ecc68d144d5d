import type { Event, ScenarioEvent } from "../../lib/events/event.ts";
import type { HealOutcome } from "../../lib/journal/heal.ts";
import { listOpenFaults, type ReadJournal } from "../../lib/journal/read.ts";

type NotUndone = Extract<ScenarioEvent, { readonly type: "not-undone" }>;

/**
 * Returns the faults that a finished scenario left without a `healed` event: the injection failed, and its undo failed
 * too. `told`: the faults that have the event. Pure.
 */
export function leftOpen(scenario: string, journal: ReadJournal, told: ReadonlySet<string>): readonly NotUndone[] {
  return listOpenFaults(journal)
    .filter(({ intent }) => !told.has(intent.faultId))
    .map(({ intent, state }) => {
      const { faultId, nodeFault: fault } = intent;
      const last = journal.entries.findLast((entry) => entry.faultId === faultId && "detail" in entry);
      const said = last && "detail" in last ? last.detail : "";
      return { type: "not-undone", scenario, faultId, fault, detail: said || `it has got to "${state}"` };
    });
}

/**
 * Returns the faults whose second undo, after the suites, failed too, as events of their scenarios. Leaves out a fault
 * whose scenario the log lacks. Pure.
 */
export function stillNotUndone(outcomes: readonly HealOutcome[], events: readonly Event[]): readonly NotUndone[] {
  return outcomes
    .filter(({ outcome }) => outcome === "failed")
    .flatMap(({ faultId, nodeFault: fault, detail }) => {
      const scenario = scenarioOf(faultId, events);
      return scenario === undefined ? [] : [{ type: "not-undone" as const, scenario, faultId, fault, detail }];
    });
}

/**
 * Returns the fault's scenario. A process killed between journal and log leaves a fault without an event: then it is
 * the scenario under way.
 */
function scenarioOf(faultId: string, events: readonly Event[]): string | undefined {
  const injected = events.find((event) => event.type === "injected" && event.faultId === faultId);
  const latest = events.findLast((event) => event.type === "scenario-started");
  return injected?.type === "injected" ? injected.scenario : latest?.scenario;
}
