import { hostExec, type Exec } from "./exec.ts";

/**
 * Runs argv in a container, by its name or id. `-i` only where there is a stdin to give: Docker 20.10 seems to lose the end of it when it comes before the
 * process has started, and whatever reads to the end then waits for ever (one hang seen, its cause inferred). So nothing of ours reads stdin in a node; data
 * goes as arguments.
 */
export function containerExec(container: string, host: Exec = hostExec): Exec {
  return (argv, options) => {
    const interactive = options?.stdin === undefined ? [] : ["-i"];
    return host(["docker", "exec", ...interactive, container, ...argv], options);
  };
}
