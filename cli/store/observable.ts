import { clusterNetworks } from "../../clusters/ownership/owner.ts";
import type { ClusterRecord } from "../../lib/model/cluster.ts";
import { UsageError } from "../../lib/host/errors.ts";
import type { Host } from "../../lib/host/host.ts";
import { containerTarget } from "../../lib/faults/run/target.ts";
import { nodesOf, ofNode } from "../../lib/model/nodes.ts";
import { clustersKnown, mustBeAsNew } from "./kept.ts";

/**
 * Returns the kept cluster of this checkout with that name, or the only one. Throws UsageError if there are none, or
 * several without a name. A cluster that no run of this checkout made lacks the roles and is not ours to touch.
 */
export async function chooseCluster(name: string | undefined, host: Host): Promise<ClusterRecord> {
  const there = (await clusterNetworks(host.exec)).map(({ cluster }) => cluster);
  const record = chosen(name, clustersKnown(), there);
  // The same guards as before a fault: a container of that name may have another owner by now.
  for (const node of nodesOf(record.containers))
    await containerTarget({ node, container: ofNode(record.containers, node), cluster: record.name, host });
  return record;
}

/** `there`: the clusters of which this machine has the network. Pure. */
export function chosen(
  name: string | undefined,
  known: readonly ClusterRecord[],
  there: readonly string[],
): ClusterRecord {
  const kept = known.filter((one) => there.includes(one.name));
  const list =
    kept.length === 0
      ? "there is none; make one with ./faultline run baseline --keep always"
      : `kept: ${kept.map((one) => one.name).join(", ")}`;
  if (name === undefined) {
    const [only, ...more] = kept;
    if (only && more.length === 0) return only;
    throw new UsageError(
      kept.length === 0 ? "no kept cluster to observe" : "several clusters are kept: name one",
      list,
    );
  }
  const found = kept.find((one) => one.name === name);
  if (found) return found;
  if (known.some((one) => one.name === name)) throw new UsageError(`cluster "${name}" is not there any more`, list);
  throw new UsageError(
    `cluster "${name}" was not made by a run of this checkout: ` +
      "it has no baseline and no roles to probe from, and is not ours to touch",
    list,
  );
}

/** What is to be known of a cluster before what is seen of it: observing is for broken ones too. */
export function notesOn(cluster: string): readonly string[] {
  try {
    mustBeAsNew(cluster);
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}
