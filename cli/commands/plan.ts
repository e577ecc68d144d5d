import { cellId, type Cell } from "../../lib/model/cell.ts";
import { sizeFor, skipIfCellTooSmall } from "../../lib/scenario/cluster-size.ts";
import { isBalancerNeeded, peersNeeded } from "../../lib/baseline/paths.ts";
import { inWords } from "../../lib/model/expectation.ts";
import { describeApply, describeShared, describeUndo } from "../../lib/faults/run/describe.ts";
import { describeFault } from "../../lib/faults/registry.ts";
import { expectationsOf, faultsOf, leftOutOf, skipInCell, type Scenario } from "../../lib/scenario/spec.ts";
import { DEFAULT_CELL, parseCells, traitsOf } from "../../clusters/cells/cells.ts";
import { kernelNeed } from "../../clusters/lane/needs.ts";
import { scenariosOf, selectSuites, suiteFiles } from "../cell/suites.ts";

/** Prints what a run would do: cells, scenarios, each fault's exact commands. Nothing is run, not even to look. */
export async function plan(filters: readonly string[], cells: readonly string[]): Promise<void> {
  const scenarios = await scenariosOf(selectSuites(filters, suiteFiles()));
  const chosen = cells.length > 0 ? cells.flatMap(parseCells) : [DEFAULT_CELL];
  for (const cell of chosen) process.stdout.write(planOf(cell, scenarios));
  process.stdout.write(`\n# Shared by the commands above:\n${describeShared().join("\n")}\n`);
}

/** The plan of one cell as text. Addresses and ids that only a cluster can tell stand as `<…>`. Pure. */
export function planOf(cell: Cell, scenarios: readonly Scenario[]): string {
  const traits = traitsOf(cell);
  const third = sizeFor(scenarios, { cell, traits }) === 3 ? ", another (node C)" : "";
  const lines = [`cell ${cellId(cell)}: one control plane (node B), one worker (node A)${third}`];
  const need = cell.kernel === undefined ? kernelNeed(cell) : null;
  if (need !== null) {
    lines.push(
      `where this machine's kernel lacks ${need} it runs in a virtual machine, without node C (docs/kernel-lane.md)`,
    );
  }
  const peers = peersNeeded(scenarios, { cell, traits });
  if (peers.length > 0) lines.push(`further clusters of one node, joined to it by routes: ${peers.join(", ")}`);
  if (isBalancerNeeded(scenarios, { cell, traits }))
    lines.push("a balancer: the roles' echo server, started in the container outside");
  for (const scenario of scenarios) {
    lines.push(`\n  ${scenario.id}: ${scenario.claim}`);
    const skip = skipInCell(scenario, { cell, traits }) ?? skipIfCellTooSmall(scenario, { cell, traits });
    if (skip !== null) lines.push(`    skipped: ${skip.reason}`);
    // A placeholder address must pass for one: 192.0.2.0/24 is for documentation (RFC 5737).
    for (const fault of faultsOf(scenario, { cell, traits, address: () => "192.0.2.1" })) {
      lines.push(`    fault: ${describeFault(fault)}`);
      lines.push(...commands("apply", describeApply({ nodeFault: fault })));
      lines.push(...commands("undo", describeUndo({ nodeFault: fault })));
    }
    for (const [path, expected] of Object.entries(expectationsOf(scenario, { cell, traits }))) {
      lines.push(`    expect ${path}: ${inWords(expected)}`);
    }
    for (const [path, reason] of Object.entries(leftOutOf(scenario, { cell, traits }))) {
      lines.push(`    left out ${path}: ${reason}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

function commands(what: string, all: readonly string[]): readonly string[] {
  return all.map((command) => `      ${what}: ${command.replaceAll("\n", "\n        ")}`);
}
