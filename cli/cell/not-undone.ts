import type { Event, ScenarioEvent } from "../../lib/events/event.ts";
import type { HealOutcome } from "../../lib/journal/heal.ts";
import { listOpenFaults, type ReadJournal } from "../../lib/journal/read.ts";

type NotUndone = Extract<ScenarioEvent, { readonly type: "not-undone" }>;

/**
 * What a scenario that is over has left in force without a `healed` that tells of it (`told`: the faults that one was logged for): its injection failed, and
 * the undo after that. Pure.
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

/** What was tried once more after the suites, and failed again, as events of the scenarios that did it; a fault whose scenario the log lacks is not among them. Pure. */
export function stillNotUndone(outcomes: readonly HealOutcome[], events: readonly Event[]): readonly NotUndone[] {
  return outcomes
    .filter(({ outcome }) => outcome === "failed")
    .flatMap(({ faultId, nodeFault: fault, detail }) => {
      const scenario = scenarioOf(faultId, events);
      return scenario === undefined ? [] : [{ type: "not-undone" as const, scenario, faultId, fault, detail }];
    });
}

/** A process that is killed between the journal and the log leaves a fault that no event names: then it was the scenario under way. */
function scenarioOf(faultId: string, events: readonly Event[]): string | undefined {
  const injected = events.find((event) => event.type === "injected" && event.faultId === faultId);
  const latest = events.findLast((event) => event.type === "scenario-started");
  return injected?.type === "injected" ? injected.scenario : latest?.scenario;
}
