import { existsSync, readFileSync } from "node:fs";
import { DEFAULT_CELL, traitsOf } from "../../clusters/cells/cells.ts";
import { inWords } from "../../lib/model/expectation.ts";
import { describeFault } from "../../lib/faults/registry.ts";
import { expectationsOf, faultsOf, leftOutOf, type Scenario } from "../../lib/scenario/spec.ts";
import { selectSuites, scenariosOf, suiteFiles } from "../cell/suites.ts";

/**
 * Prints a scenario's claim, its sources, its faults and what each path must show. Throws UsageError for an unknown id.
 */
export async function explain(id: string): Promise<void> {
  const scenarios = await scenariosOf(selectSuites([id], suiteFiles()));
  process.stdout.write(scenarios.map(explanation).join("\n"));
}

function explanation(scenario: Scenario): string {
  const context = { cell: DEFAULT_CELL, traits: traitsOf(DEFAULT_CELL) };
  const faults = faultsOf(scenario, { ...context, address: (role, way) => `<${way} of ${role}>` });
  const expect = Object.entries(expectationsOf(scenario, context)).map(
    ([path, expected]) => [path, inWords(expected)] as const,
  );
  const leftOut = Object.entries(leftOutOf(scenario, context)).map(
    ([path, reason]) => [path, `left out: ${reason}`] as const,
  );
  const width = Math.max(...[...expect, ...leftOut].map(([path]) => path.length));
  const page = new URL(`../../docs/failure-modes/${scenario.id.split("/").at(-1)}.md`, import.meta.url);
  return [
    `${scenario.id}: ${scenario.title}`,
    `  claim       ${scenario.claim}`,
    ...scenario.documented.map((source, index) => `  ${index === 0 ? "documented" : "          "}  ${source}`),
    ...faults.map((fault) => `  breaks      ${describeFault(fault)}`),
    "  expects",
    ...[...expect, ...leftOut].map(([path, words]) => `    ${path.padEnd(width)}  ${words}`),
    `  recovers    within ${scenario.recovers.withinMs} ms`,
    ...(existsSync(page) ? ["", readFileSync(page, "utf8")] : []),
    "",
  ].join("\n");
}
