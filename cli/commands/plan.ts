import { cellId, type Cell } from "../../lib/model/cell.ts";
import { sizeFor, skipIfCellTooSmall } from "../../lib/scenario/cluster-size.ts";
import { isBalancerNeeded, peersNeeded } from "../../lib/baseline/paths.ts";
import { inWords } from "../../lib/model/expectation.ts";
import {
  describeApply,
  describeScripts,
  describeSteps,
  describeUndo,
  nameScripts,
  type ScriptNames,
} from "../../lib/faults/run/describe.ts";
import { describeFault, type NodeFault } from "../../lib/faults/registry.ts";
import { expectationsOf, faultsOf, healingOf, leftOutOf, skipInCell, type Scenario } from "../../lib/scenario/spec.ts";
import { DEFAULT_CELL, parseCells, traitsOf } from "../../clusters/cells/cells.ts";
import { kernelNeed } from "../../clusters/lane/needs.ts";
import type { TimeScale } from "../../lib/host/time-scale.ts";
import { stepLines } from "../cell/heal-journal.ts";
import { chosenSuites, scenariosOf } from "../cell/suites.ts";
import { timeScaleOfProcess } from "../host/time-scale.ts";

/** Prints what a run would do: cells, scenarios, each fault's steps. Nothing is run, not even to look. */
export async function plan(
  filters: readonly string[],
  options: { readonly cell: readonly string[]; readonly scripts: boolean },
): Promise<void> {
  const scenarios = await scenariosOf(await chosenSuites(filters));
  const cells = options.cell.length > 0 ? options.cell.flatMap(parseCells) : [DEFAULT_CELL];
  const faults = cells.flatMap((cell) => scenarios.flatMap((scenario) => faultsIn(cell, scenario)));
  const names = options.scripts ? nameScripts(faults.map((nodeFault) => ({ nodeFault }))) : null;
  const timeScale = timeScaleOfProcess();
  for (const cell of cells) process.stdout.write(planOf(cell, scenarios, names && { names, timeScale }));
  if (names === null) return;
  process.stdout.write(`\n# The scripts of the commands above:\n${describeScripts(names).join("\n")}\n`);
}

/** A cluster until its roles are ready, and a scenario without what it waits for: a recorded run on 2 cores. */
const CLUSTER_MS = 110_000;
const SCENARIO_MS = 16_000;

/** What exact commands are printed with. */
export interface ExactCommands {
  readonly names: ScriptNames;
  readonly timeScale: TimeScale;
}

/**
 * The plan of one cell as text. Addresses and ids that only a cluster can tell stand as `<…>`. With names of scripts
 * each fault's exact commands are part of it. Pure.
 */
export function planOf(cell: Cell, scenarios: readonly Scenario[], scripts: ExactCommands | null = null): string {
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
  const planned = scenarios.map((scenario) => {
    const skip = skipInCell(scenario, { cell, traits }) ?? skipIfCellTooSmall(scenario, { cell, traits });
    return { scenario, skip, ms: skip === null ? estimateMs(cell, scenario) : 0 };
  });
  const wholeMs = planned.reduce((sum, { ms }) => sum + ms, CLUSTER_MS);
  lines.push(`estimated time: ${Math.ceil(wholeMs / 60_000)} min, ${CLUSTER_MS / 1000} s of it for the cluster`);
  for (const { scenario, skip, ms } of planned) {
    lines.push(`\n  ${scenario.id}: ${scenario.claim}`);
    if (skip !== null) lines.push(`    skipped: ${skip.reason}`);
    else
      lines.push(
        `    estimated time: ${Math.ceil(ms / 1000)} s; recovers within ${scenario.recovers.withinMs / 1000} s`,
      );
    for (const fault of faultsIn(cell, scenario)) lines.push(...linesOf(fault, scripts));
    for (const [path, expected] of Object.entries(expectationsOf(scenario, { cell, traits }))) {
      lines.push(`    expect ${path}: ${inWords(expected)}`);
    }
    for (const [path, reason] of Object.entries(leftOutOf(scenario, { cell, traits }))) {
      lines.push(`    left out ${path}: ${reason}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

/** A placeholder address must pass for one: 192.0.2.0/24 is for documentation (RFC 5737). */
function faultsIn(cell: Cell, scenario: Scenario): readonly NodeFault[] {
  return faultsOf(scenario, { cell, traits: traitsOf(cell), address: () => "192.0.2.1" });
}

/** Returns how long a scenario takes, with what it must wait for: an estimate. */
function estimateMs(cell: Cell, scenario: Scenario): number {
  const healing = healingOf(scenario, { cell, traits: traitsOf(cell) });
  const waits = [scenario.appears?.withinMs, healing?.withinMs, scenario.recovers.notUntil?.lastsMs];
  return waits.reduce<number>((sum, ms) => sum + (ms ?? 0), SCENARIO_MS);
}

function linesOf(nodeFault: NodeFault, scripts: ExactCommands | null): readonly string[] {
  const steps = describeSteps({ nodeFault }).flatMap(stepLines);
  const lines = [`    fault: ${describeFault(nodeFault)}`, ...steps.map((line) => `      ${line}`)];
  if (scripts === null) return lines;
  const exact = (what: string, all: readonly string[]) => all.map((command) => `      ${what} runs: ${command}`);
  return [
    ...lines,
    ...exact("apply", describeApply({ nodeFault }, scripts.names, scripts.timeScale)),
    ...exact("undo", describeUndo({ nodeFault }, scripts.names, scripts.timeScale)),
  ];
}
