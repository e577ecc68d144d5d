import type { Observation } from "../probes/probe.ts";
import { currentHost } from "./suite-host.ts";

/**
 * Sends one flow on a path of the cell's cluster, for hand-written tests: `expect(await observe("same → server by
 * ClusterIP")).to.have.symptom("ok")`. Throws Error if there is no cluster, because the suites are only listed.
 */
export async function observe(path: string): Promise<Observation> {
  const [observation] = (await currentHost()?.observe(path, 1)) ?? [];
  if (!observation) throw new Error(`path "${path}" cannot be observed: there is no cluster here`);
  return observation;
}
