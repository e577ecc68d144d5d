import { patience } from "../host/time-scale.ts";
import type { Budget, Scenario } from "./spec.ts";

/**
 * Returns the scenario with its budgets multiplied by `factor`, for machines on which everything takes longer. The
 * log shows the multiplied budgets. A symptom that must last also lasts longer, because the agent that would end it
 * is slower too: CoreDNS's new pods take 40 s in user-mode Linux instead of 2. Pure.
 */
export function patiently(scenario: Scenario, factor = patience()): Scenario {
  const longer = <B extends Budget>(budget: B): B => ({ ...budget, withinMs: budget.withinMs * factor });
  const { appears, recovers } = scenario;
  const { notUntil } = recovers;
  const lasting = notUntil && { notUntil: { ...notUntil, lastsMs: notUntil.lastsMs * factor } };
  return { ...scenario, recovers: { ...longer(recovers), ...lasting }, ...(appears && { appears: longer(appears) }) };
}
