import { UsageError } from "../lib/errors.ts";

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
