import type { Check, CheckContext, Finding } from "./check.ts";
import { mendable, missing, ok, warning } from "./check.ts";
import type { ClusterNetwork } from "./ownership.ts";
import { clusterNetworks, kindClusterNames, ownerLives } from "./ownership.ts";

export const leftovers: Check = {
  id: "leftovers",
  what: "no cluster left over of the name that is wanted, or of a run that is gone",
  why: "kind refuses a name that exists, and a forgotten cluster keeps its memory",
  find: findLeftovers,
};

/** A cluster that exists, as far as it matters here. */
export interface ExistingCluster {
  readonly name: string;
  readonly ownership: "owner lives" | "owner is gone" | "not ours";
}

async function findLeftovers(context: CheckContext): Promise<Finding> {
  if ((await context.which("docker")) === undefined) return ok("none: there is no Docker");
  const [names, networks] = await Promise.all([kindClusterNames(context.exec), clusterNetworks(context.exec)]);
  return judgeLeftovers(context, await existingClusters(context, names, networks));
}

async function existingClusters(
  context: CheckContext,
  names: readonly string[],
  networks: readonly ClusterNetwork[],
): Promise<ExistingCluster[]> {
  // A network may be all that is left of a cluster of ours, so both lists count.
  const all = [...new Set([...names, ...networks.map(({ cluster }) => cluster)])];
  return await Promise.all(
    all.map(async (name) => {
      const network = networks.find(({ cluster }) => cluster === name);
      if (network === undefined) return { name, ownership: "not ours" as const };
      const lives = await ownerLives(context.readText, network.owner);
      return { name, ownership: lives ? ("owner lives" as const) : ("owner is gone" as const) };
    }),
  );
}

/** What to say about the clusters there are. Only a cluster of ours whose owner is gone is ever deleted. */
export function judgeLeftovers(
  context: Pick<CheckContext, "wantedClusters" | "deleteCluster" | "progress">,
  clusters: readonly ExistingCluster[],
): Finding {
  const wanted = clusters.filter(({ name }) => context.wantedClusters.includes(name));
  const foreign = wanted.find(({ ownership }) => ownership === "not ours");
  if (foreign) return missing(`a cluster "${foreign.name}" exists and is not ours`, deletion([foreign.name]));
  const busy = wanted.find(({ ownership }) => ownership === "owner lives");
  if (busy) return missing(`cluster "${busy.name}" belongs to a run that is going on`, "wait for that run to end");
  const inTheWay = wanted.map(({ name }) => name);
  if (inTheWay.length > 0) {
    return mendable(`left over from an earlier run: ${inTheWay.join(", ")}`, deletion(inTheWay), async () => {
      for (const name of inTheWay) {
        context.progress(`deleting cluster ${name}`);
        await context.deleteCluster(name);
      }
    });
  }
  const forgotten = clusters.filter(({ ownership }) => ownership === "owner is gone").map(({ name }) => name);
  if (forgotten.length === 0) return ok("none");
  return warning(`kept or left over from earlier runs: ${forgotten.join(", ")} (./faultline gc deletes them)`);
}

function deletion(names: readonly string[]): string {
  return names.map((name) => `kind delete cluster --name ${name}`).join(" && ");
}
