import { realpathSync } from "node:fs";
import type { ClusterRecord } from "../../lib/model/cluster.ts";
import { containerExec } from "../../lib/host/container-exec.ts";
import { captureMark, endCaptures } from "../../lib/evidence/sweep.ts";
import type { Exec } from "../../lib/host/exec.ts";

/**
 * Ends the captures that a cell's dead process left running, and prints a line for each node that had some. Captures of
 * deleted nodes are gone with them. Never throws: a capture that stays ends by itself.
 */
export async function endLeftCaptures(
  cellDir: string,
  { containers }: Pick<ClusterRecord, "containers">,
  say: (line: string) => void,
  host: Exec,
): Promise<void> {
  const mark = captureMark(realpathSync(cellDir));
  const running = await runningContainers(host);
  const nodes = [...new Set(Object.values(containers))].filter((name) => running.has(name));
  await Promise.all(
    nodes.map(async (node) => {
      try {
        const ended = await endCaptures(containerExec(node, host), mark);
        if (ended > 0) say(`ended: ${ended} ${ended === 1 ? "capture" : "captures"} left running (${node})`);
      } catch (error) {
        say(`${node}: ${(error as Error).message}`);
      }
    }),
  );
}

/** None where Docker does not answer: then no node can be asked either. */
async function runningContainers(host: Exec): Promise<ReadonlySet<string>> {
  const { stdout, exitCode } = await host(["docker", "ps", "--format", "{{.Names}}"], { timeoutMs: 15_000 });
  return new Set(exitCode === 0 ? stdout.split("\n").filter((name) => name !== "") : []);
}
