import { UsageError } from "../../lib/host/errors.ts";
import { PEERS, type Peer } from "../../lib/model/path.ts";

/** kind's own label on its nodes. */
export const KIND_LABEL = "io.x-k8s.kind.cluster";

/** As ours are (network.ts, clusterName), and the names of tests. */
const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/**
 * A cluster's name as it may stand in a command, a filter of Docker's (a regular expression) and a path. `gc` reads names from labels and comments that anybody may
 * have put there. Throws UsageError for one that could be an option, a pattern or another folder.
 */
export function checkedName(cluster: string): string {
  if (NAME.test(cluster)) return cluster;
  throw new UsageError(
    `cluster name ${JSON.stringify(cluster)} is not one of ours`,
    "look who has put the label faultline.cluster there",
  );
}

/** The name of a further cluster on a cluster's network. */
export function peerName(cluster: string, peer: Peer): string {
  return `${cluster}-${peer}`;
}

/** All names that kind may know parts of a cluster by: its own and those of its further clusters. */
export function kindNames(cluster: string): readonly string[] {
  return [checkedName(cluster), ...PEERS.map((peer) => peerName(cluster, peer))];
}

/** The cluster to which kind's cluster of this name belongs: itself, unless it is a further one on another's network. */
export function clusterOfKind(name: string): string {
  const suffix = PEERS.map((peer) => `-${peer}`).find((one) => name.endsWith(one)) ?? "";
  return name.slice(0, name.length - suffix.length);
}
