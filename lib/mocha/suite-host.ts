import type { Cell, Traits } from "../model/cell.ts";
import type { ScenarioResult } from "../verdict/result.ts";
import { UsageError } from "../host/errors.ts";
import type { Observation } from "../probes/probe.ts";
import type { Scenario } from "../scenario/spec.ts";

/** What the suites of this process run on: a real cell in a cell process, nothing where suites are only listed. */
export interface SuiteStand {
  readonly context: { readonly cell: Cell; readonly traits: Traits };
  /** Runs the scenario, logs it, and judges it from the log. */
  readonly run: (scenario: Scenario) => Promise<ScenarioResult>;
  /** Tries a path with so many fresh flows. */
  readonly observe: (path: string, flows: number) => Promise<readonly Observation[]>;
}

let stand: SuiteStand | null = null;
const scenarios: Scenario[] = [];

/** Sets what the suites run on; before they are loaded. */
export function useStand(chosen: SuiteStand): void {
  stand = chosen;
}

export function currentStand(): SuiteStand | null {
  return stand;
}

/** Throws UsageError for a second scenario in one file: their results could not be told apart. */
export function register(scenario: Scenario): void {
  if (scenarios.some(({ id }) => id === scenario.id)) {
    throw new UsageError(
      `suite ${scenario.id} states two scenarios`,
      "give each a file of its own: its path is its id",
    );
  }
  scenarios.push(scenario);
}

/** Every scenario of the suites loaded so far. */
export function registeredScenarios(): readonly Scenario[] {
  return scenarios;
}
