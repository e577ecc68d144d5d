import type { Size } from "../../lib/model/nodes.ts";
import { hostExec, type Exec } from "../../lib/host/exec.ts";
import type { Leases } from "../ownership/lease.ts";

/** Kind's own, on every node. */
const LABEL = "io.x-k8s.kind.cluster";

export interface NodesAheadOrder {
  /** Kind's name of the cluster to be made. */
  readonly name: string;
  /** Under which name its run has taken it: its own, or that of the cluster to which it is a further one. */
  readonly leased: string;
  readonly leases: Pick<Leases, "ahead">;
  /** Nobody says how many nodes one will have that has none yet: taken for so many. */
  readonly each: Size;
  /** Default: on this machine. */
  readonly exec?: Exec;
}

/** How many nodes of other clusters run, third and further clusters' ones among them, or are in the making since before this cluster. What is left of others is a network, and takes nothing. */
export async function nodesAhead({ name, leased, leases, each, exec = hostExec }: NodesAheadOrder): Promise<number> {
  const { stdout } = await exec(["docker", "ps", "--filter", `label=${LABEL}`, "--format", `{{.Label "${LABEL}"}}`]);
  const running = stdout.split("\n").filter((cluster) => cluster !== "" && cluster !== name);
  const begun = (await leases.ahead(leased)).filter((cluster) => !running.includes(cluster));
  return running.length + begun.length * each;
}
