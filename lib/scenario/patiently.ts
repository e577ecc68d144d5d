import { patience } from "../host/time-scale.ts";
import type { Budget, Scenario } from "./spec.ts";

/**
 * Returns the scenario with the time its claims have where everything takes `times` longer. The claims stay the same,
 * and the log says which time they had. A symptom that must last has to outlast the agent that would end it, and that
 * agent is slower too: CoreDNS's new pods take 40 s in user-mode Linux instead of 2. Pure.
 */
export function patiently(scenario: Scenario, times = patience()): Scenario {
  const longer = <B extends Budget>(budget: B): B => ({ ...budget, withinMs: budget.withinMs * times });
  const { appears, recovers } = scenario;
  const { notUntil } = recovers;
  const lasting = notUntil && { notUntil: { ...notUntil, lastsMs: notUntil.lastsMs * times } };
  return { ...scenario, recovers: { ...longer(recovers), ...lasting }, ...(appears && { appears: longer(appears) }) };
}
