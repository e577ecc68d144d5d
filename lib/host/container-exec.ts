import { UsageError } from "./errors.ts";
import type { Exec } from "./exec.ts";

/** Docker's names and ids (RestrictedNameChars in moby's daemon/names); none of them looks like an option. */
const CONTAINER = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/**
 * Returns an Exec for a container, by its name or id. Passes `-i` only if there is stdin. Docker 20.10 seems to lose
 * the end of stdin if it comes before the process has started, and a reader then waits for ever (one hang seen, its
 * cause inferred). So no program of ours reads stdin in a node: data goes as arguments. Throws UsageError if
 * `container` is not a name that Docker gives.
 */
export function containerExec(container: string, host: Exec): Exec {
  if (!CONTAINER.test(container)) {
    throw new UsageError(
      `${JSON.stringify(container)} is not a container name`,
      "check cluster.json of the cluster's run",
    );
  }
  return (argv, options) => {
    const interactive = options?.stdin === undefined ? [] : ["-i"];
    return host(["docker", "exec", ...interactive, container, ...argv], options);
  };
}
