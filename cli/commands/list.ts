import { describeCells } from "../../clusters/cells/cells.ts";
import { clusterNetworks } from "../../clusters/ownership/owner.ts";
import { hostExec } from "../../lib/host/exec.ts";
import { taintOf } from "../store/kept.ts";
import { listRuns } from "../store/run-dir.ts";
import { scenariosOf, suiteFiles } from "../cell/suites.ts";

export const LISTS = ["scenarios", "cells", "runs", "clusters"] as const;
export type ListName = (typeof LISTS)[number];

/** Prints one list, a line each. */
export async function list(name: ListName): Promise<void> {
  for (const line of await linesOf(name)) process.stdout.write(`${line}\n`);
}

async function linesOf(name: ListName): Promise<readonly string[]> {
  switch (name) {
    case "scenarios": {
      const all = await scenariosOf(suiteFiles());
      const width = Math.max(...all.map(({ id }) => id.length));
      return all.map(({ id, claim }) => `${id.padEnd(width)}  ${claim}`);
    }
    case "cells":
      return describeCells();
    case "runs":
      return listRuns();
    case "clusters":
      return (await clusterNetworks(hostExec)).map(({ cluster, owner }) => {
        const taint = taintOf(cluster);
        return `${cluster}  owner ${owner || "unknown"}${taint === null ? "" : `  tainted: ${taint}`}`;
      });
  }
}
