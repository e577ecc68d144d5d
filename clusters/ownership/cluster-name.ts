import { UsageError } from "../../lib/host/errors.ts";
import { PEERS, type Peer } from "../../lib/model/path.ts";

/** kind's own label on its nodes. */
export const KIND_LABEL = "io.x-k8s.kind.cluster";

/** Matches our cluster names (clusterName in network.ts) and those of tests. */
const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/**
 * Returns the name if it is safe in a command, in a Docker filter (a regular expression) and in a path. `gc` reads
 * names from labels and comments that any process may have written. Throws UsageError for a name that could be an
 * option, a pattern or another folder.
 */
export function checkedName(cluster: string): string {
  if (NAME.test(cluster)) return cluster;
  throw new UsageError(
    `cluster name ${JSON.stringify(cluster)} is not one of ours`,
    "find out what set the label faultline.cluster to it",
  );
}

/** Returns the name of a peer cluster on a cluster's network. */
export function peerName(cluster: string, peer: Peer): string {
  return `${cluster}-${peer}`;
}

/** Returns all kind cluster names that belong to a cluster: its own and those of its peers. */
export function kindNames(cluster: string): readonly string[] {
  return [checkedName(cluster), ...PEERS.map((peer) => peerName(cluster, peer))];
}

/**
 * Returns the cluster that owns kind's cluster of this name: the cluster itself, or the one whose network a peer is on.
 */
export function clusterOfKind(name: string): string {
  const suffix = PEERS.map((peer) => `-${peer}`).find((ending) => name.endsWith(ending)) ?? "";
  return name.slice(0, name.length - suffix.length);
}
