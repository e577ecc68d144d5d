import type { Size } from "../../lib/model/nodes.ts";
import type { Exec } from "../../lib/host/exec.ts";
import type { Leases } from "../ownership/lease.ts";

/** kind's own label, on every node. */
const LABEL = "io.x-k8s.kind.cluster";

export interface OtherNodesOptions {
  /** kind's name of the cluster to be made. */
  readonly name: string;
  /** The name in its run's lease: its own, or that of the cluster it is a peer of. */
  readonly leased: string;
  readonly leases: Pick<Leases, "ahead">;
  /** The assumed size of a cluster that is leased but has no nodes yet. */
  readonly assumedSize: Size;
  readonly exec: Exec;
}

/**
 * Returns the number of other clusters' nodes, peers' included: those that run, and those of clusters taken before this
 * one. A cluster that is only a leftover network counts for none.
 */
export async function countOtherNodes({
  name,
  leased,
  leases,
  assumedSize: each,
  exec,
}: OtherNodesOptions): Promise<number> {
  const { stdout } = await exec(["docker", "ps", "--filter", `label=${LABEL}`, "--format", `{{.Label "${LABEL}"}}`]);
  const running = stdout.split("\n").filter((cluster) => cluster !== "" && cluster !== name);
  const begun = (await leases.ahead(leased)).filter((cluster) => !running.includes(cluster));
  return running.length + begun.length * each;
}
