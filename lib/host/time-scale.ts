import type { Budget, Scenario } from "../scenario/spec.ts";

/** How many times longer than usual what takes time may take: more than 1 in a virtual machine of the kernel lane, whose processors are emulated or whose system calls are dear. */
export function patience(env: Readonly<Record<string, string | undefined>> = process.env): number {
  const asked = Number(env["FAULTLINE_PATIENCE"] ?? "1");
  return asked >= 1 && asked <= 20 ? asked : 1;
}

/**
 * The scenario with the time that its claims have where everything takes `times` longer: what they say is the same, and the log says which time they had. What is to last must outlast what
 * would end it, and that takes longer, too (CoreDNS's new pods: 40 s in user-mode Linux for 2). Pure.
 */
export function patiently(scenario: Scenario, times = patience()): Scenario {
  const longer = <B extends Budget>(budget: B): B => ({ ...budget, withinMs: budget.withinMs * times });
  const { appears, recovers } = scenario;
  const { notUntil } = recovers;
  const lasting = notUntil && { notUntil: { ...notUntil, lastsMs: notUntil.lastsMs * times } };
  return { ...scenario, recovers: { ...longer(recovers), ...lasting }, ...(appears && { appears: longer(appears) }) };
}
