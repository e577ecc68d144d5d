import type { Exec } from "../../lib/host/exec.ts";
import type { Check, CheckContext, MachineFinding } from "./check.ts";
import { ok, warning } from "./check.ts";
import { clusterNetworks, ownerState } from "../ownership/owner.ts";

export const leftovers: Check = {
  id: "leftovers",
  what: "no cluster of a run that has ended",
  why: "a forgotten cluster keeps its memory",
  find: findLeftovers,
};

/** Returns at most a warning: cluster names are unique to their run, so leftovers never conflict with a new cluster. */
async function findLeftovers(context: CheckContext): Promise<MachineFinding> {
  if ((await context.which("docker")) === undefined) return ok("none: there is no Docker");
  const exec: Exec = (argv, options) => context.exec(argv, { signal: context.signal, ...options });
  const networks = await clusterNetworks(exec);
  const states = await Promise.all(networks.map(({ owner }) => ownerState(context.readText, owner)));
  const forgotten = networks.filter((_, index) => states[index] === "gone").map(({ cluster }) => cluster);
  if (forgotten.length === 0) return ok("none");
  return warning(`kept or left over from earlier runs: ${forgotten.join(", ")} (./faultline gc deletes them)`);
}
