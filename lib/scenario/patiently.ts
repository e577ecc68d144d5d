import { scaled, type TimeScale } from "../host/time-scale.ts";
import type { Budget, Scenario } from "./spec.ts";

/**
 * Returns the scenario with its budgets multiplied by the time scale. The log shows the multiplied budgets. A symptom
 * that must last also lasts longer, because the agent that would end it is slower too: CoreDNS's new pods take 40 s in
 * user-mode Linux instead of 2. Pure.
 */
export function patiently(scenario: Scenario, timeScale: TimeScale): Scenario {
  const longer = <B extends Budget>(budget: B): B => ({ ...budget, withinMs: scaled(budget.withinMs, timeScale) });
  const { appears, recovers } = scenario;
  const { notUntil } = recovers;
  const lasting = notUntil && { notUntil: { ...notUntil, lastsMs: scaled(notUntil.lastsMs, timeScale) } };
  return { ...scenario, recovers: { ...longer(recovers), ...lasting }, ...(appears && { appears: longer(appears) }) };
}
