import type { Observation } from "../probes/probe.ts";
import { currentStand } from "./suite-host.ts";

/**
 * For hand-written tests: tries a path on the cell's cluster, once. `expect(await observe("same → server by ClusterIP")).to.have.symptom("ok")`.
 * Throws where there is no cluster (suites that are only listed).
 */
export async function observe(path: string): Promise<Observation> {
  const [observation] = (await currentStand()?.observe(path, 1)) ?? [];
  if (!observation) throw new Error(`path "${path}" cannot be observed: there is no cluster here`);
  return observation;
}
