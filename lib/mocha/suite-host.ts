import type { Cell, Traits } from "../model/cell.ts";
import type { ScenarioResult } from "../verdict/result.ts";
import { UsageError } from "../host/errors.ts";
import type { Observation } from "../probes/probe.ts";
import type { Scenario } from "../scenario/spec.ts";

/** Runs the suites of this process on a real cell. */
export interface SuiteHost {
  readonly context: { readonly cell: Cell; readonly traits: Traits };
  /** Runs the scenario, logs it, and judges it from the log. */
  readonly run: (scenario: Scenario) => Promise<ScenarioResult>;
  /** Sends this many new flows on a path. */
  readonly observe: (path: string, flows: number) => Promise<readonly Observation[]>;
}

let host: SuiteHost | null = null;
const scenarios: Scenario[] = [];

/** Sets the host of the suites. Call it before loading them. */
export function useHost(chosen: SuiteHost): void {
  host = chosen;
}

/** Returns the host of the suites; null if they are only listed. */
export function currentHost(): SuiteHost | null {
  return host;
}

/**
 * Adds a scenario to those of this process. Throws UsageError for a second scenario in one file: its path is its id.
 */
export function register(scenario: Scenario): void {
  if (scenarios.some(({ id }) => id === scenario.id)) {
    throw new UsageError(
      `suite ${scenario.id} states two scenarios`,
      "give each a file of its own: its path is its id",
    );
  }
  scenarios.push(scenario);
}

/** Returns the scenarios of the suites loaded so far. */
export function registeredScenarios(): readonly Scenario[] {
  return scenarios;
}
