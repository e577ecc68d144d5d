import { describeCells } from "../clusters/cells.ts";
import { clusterNetworks } from "../clusters/setup/ownership.ts";
import { hostExec } from "../lib/exec.ts";
import { taintOf } from "./kept.ts";
import { listRuns } from "./run-dir.ts";
import { scenariosOf, suiteFiles } from "./suites.ts";

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
