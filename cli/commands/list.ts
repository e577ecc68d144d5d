import type { ListName } from "./list-names.ts";

/** Prints one list, a line each. Each list imports what it shows, and nothing of the others. */
export async function list(name: ListName): Promise<void> {
  for (const line of await linesOf(name)) process.stdout.write(`${line}\n`);
}

async function linesOf(name: ListName): Promise<readonly string[]> {
  switch (name) {
    case "scenarios": {
      const { scenariosOf, suiteFiles } = await import("../cell/suites.ts");
      const all = await scenariosOf(suiteFiles());
      const width = Math.max(...all.map(({ id }) => id.length));
      return all.map(({ id, claim }) => `${id.padEnd(width)}  ${claim}`);
    }
    case "cells":
      return (await import("../../clusters/cells/cells.ts")).describeCells();
    case "runs":
      return (await import("../store/run-dir.ts")).listRuns();
    case "clusters":
      return await clusters();
  }
}

async function clusters(): Promise<readonly string[]> {
  const [{ clusterNetworks }, { machine }, { taintOf }] = await Promise.all([
    import("../../clusters/ownership/owner.ts"),
    import("../host/prepare.ts"),
    import("../store/kept.ts"),
  ]);
  return (await clusterNetworks(machine().exec)).map(({ cluster, owner }) => {
    const taint = taintOf(cluster);
    return `${cluster}  owner ${owner || "unknown"}${taint === null ? "" : `  tainted: ${taint}`}`;
  });
}
