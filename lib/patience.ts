import type { Budget, Scenario } from "./scenario.ts";

/** How many times longer than usual what takes time may take: more than 1 in a virtual machine of the kernel lane, whose processors are emulated or whose system calls are dear. */
export function patience(env: Readonly<Record<string, string | undefined>> = process.env): number {
  const asked = Number(env["FAULTLINE_PATIENCE"] ?? "1");
  return asked >= 1 && asked <= 20 ? asked : 1;
}

/** The scenario with the time that its claims have where everything takes `times` longer: what they say is the same, and the log says which time they had. Pure. */
export function patiently(scenario: Scenario, times = patience()): Scenario {
  const longer = <B extends Budget>(budget: B): B => ({ ...budget, withinMs: budget.withinMs * times });
  const { appears, recovers } = scenario;
  return { ...scenario, recovers: longer(recovers), ...(appears && { appears: longer(appears) }) };
}
