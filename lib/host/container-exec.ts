import { UsageError } from "./errors.ts";
import { hostExec, type Exec } from "./exec.ts";

/** Names and ids as Docker gives them (RestrictedNameChars in moby's daemon/names); none can be taken for an option. */
const CONTAINER = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/**
 * Runs argv in a container, by its name or id. `-i` only where there is a stdin to give: Docker 20.10 seems to lose the end of it when it comes before the
 * process has started, and whatever reads to the end then waits for ever (one hang seen, its cause inferred). So nothing of ours reads stdin in a node; data
 * goes as arguments. Throws UsageError when `container` is no name that Docker gives.
 */
export function containerExec(container: string, host: Exec = hostExec): Exec {
  if (!CONTAINER.test(container)) {
    throw new UsageError(
      `container name ${JSON.stringify(container)} is none`,
      "look at cluster.json of the cluster's run",
    );
  }
  return (argv, options) => {
    const interactive = options?.stdin === undefined ? [] : ["-i"];
    return host(["docker", "exec", ...interactive, container, ...argv], options);
  };
}
