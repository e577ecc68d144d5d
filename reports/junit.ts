/**
 * Renders JUnit XML in the dialect that CI servers share: a testsuite a cell, a testcase a scenario. The XML is valid
 * for any output of the probes.
 */
import type { CellResult, PathResult, Run, ScenarioResult, TaintedNode } from "../lib/verdict/result.ts";
import { explanationLines } from "./why.ts";
import { asReported, evidenceLine, type EvidencePath } from "./evidence.ts";
import { cleanText, cut, oneLine } from "./text.ts";

/** CI servers load the whole file into memory; the run directory has the full output. */
const MAX_BODY_LENGTH = 16_000;

type Outcome = "passed" | "failure" | "error" | "skipped";
interface Testcase {
  readonly name: string;
  readonly seconds: number;
  readonly outcome: Outcome;
  readonly message: string;
  readonly body: string;
}

const OUTCOMES = { pass: "passed", fail: "failure", unknown: "error", skip: "skipped" } as const;

/** Returns the whole file with its XML declaration. */
export function renderJunit(run: Run, evidencePath: EvidencePath = asReported): string {
  const names = new Set([...run.cells, ...run.results].map(({ cell }) => cell));
  const suites = [...names].map((cell) => ({ cell, testcases: testcasesOf(run, cell, evidencePath) }));
  const all = suites.flatMap((suite) => suite.testcases);
  const attributes = attributesOf({ name: `faultline ${run.runId}`, ...countsOf(all), timestamp: run.startedAt });
  const body = suites.map((suite) => renderSuite(run, suite.cell, suite.testcases));
  return ['<?xml version="1.0" encoding="UTF-8"?>', `<testsuites${attributes}>`, ...body, "</testsuites>", ""].join(
    "\n",
  );
}

function testcasesOf(run: Run, cell: string, evidencePath: EvidencePath): readonly Testcase[] {
  const results = run.results.filter((result) => result.cell === cell);
  const known = run.cells.filter((each) => each.cell === cell);
  const failures = known.flatMap((each) => cellTestcase(each, results.length === 0));
  const tainted = known.flatMap(({ tainted }) => tainted.map(taintTestcase));
  return [...failures, ...tainted, ...results.map((result) => scenarioTestcase(result, evidencePath))];
}

/** Returns a testcase for a cell that never got to its suites, which would otherwise be an empty, green testsuite. */
function cellTestcase(cell: CellResult, empty: boolean): readonly Testcase[] {
  if (cell.failure === null) {
    return empty ? [{ name: "suites", seconds: 0, outcome: "error", message: "no scenario ran", body: "" }] : [];
  }
  const { stage, message } = cell.failure;
  const seconds = (cell.stages.find((each) => each.stage === stage)?.durationMs ?? 0) / 1000;
  return [
    { name: `stage ${stage}`, seconds, outcome: "error", message: `the cell failed at stage ${stage}`, body: message },
  ];
}

function taintTestcase({ node, container, scenario, why }: TaintedNode): Testcase {
  const message = `node ${node} tainted by ${scenario}: ${why}`;
  const body = `${container ?? "unknown container"}: its cluster is not used again`;
  return { name: `node ${node} as before`, seconds: 0, outcome: "failure", message, body };
}

function scenarioTestcase(result: ScenarioResult, evidencePath: EvidencePath): Testcase {
  return {
    name: result.mode === "as-claimed" ? result.scenario : `${result.scenario} [${result.mode}]`,
    seconds: result.times.totalMs / 1000,
    outcome: OUTCOMES[result.verdict],
    message: result.reason,
    body: explain(result, evidencePath),
  };
}

function explain(result: ScenarioResult, evidencePath: EvidencePath): string {
  return [
    `${result.title}: ${result.claim}`,
    `fault: ${result.faults.join("; ") || "none"}`,
    ...result.paths.map(explainPath),
    ...result.leftOut.map(({ path, reason }) => `${path}: left out, ${reason}`),
    ...result.nodeStateDifferences.map((difference) => `node state: ${difference}`),
    ...result.explanations.flatMap((each, index) => explanationLines(each, index + 1)),
    ...evidenceLine(result, evidencePath),
    `reproduce: ${result.reproduce}`,
  ].join("\n");
}

function explainPath(path: PathResult): string {
  const why = path.verdict === "pass" ? "" : ` (${path.reason})`;
  return `${path.verdict} ${path.path}: expected ${path.expected}, observed ${path.observed}${why}`;
}

function renderSuite(run: Run, cell: string, testcases: readonly Testcase[]): string {
  const properties = Object.entries(run.facts).map(
    ([name, value]) => `      <property${attributesOf({ name, value })}/>`,
  );
  return [
    `  <testsuite${attributesOf({ name: cell, ...countsOf(testcases), timestamp: run.startedAt })}>`,
    ...(properties.length === 0 ? [] : ["    <properties>", ...properties, "    </properties>"]),
    ...testcases.map((testcase) => renderTestcase(cell, testcase)),
    "  </testsuite>",
  ].join("\n");
}

function renderTestcase(cell: string, { name, seconds, outcome, message, body }: Testcase): string {
  const open = `    <testcase${attributesOf({ classname: cell, name, time: seconds.toFixed(3) })}`;
  if (outcome === "passed") return `${open}/>`;
  if (outcome === "skipped") return `${open}><skipped${attributesOf({ message })}/></testcase>`;
  const type = outcome === "failure" ? "expectation-broken" : "undecided";
  return `${open}><${outcome}${attributesOf({ message, type })}>${xml(shorten(body))}</${outcome}></testcase>`;
}

function countsOf(testcases: readonly Testcase[]): Readonly<Record<string, string>> {
  const count = (outcome: Outcome): string =>
    String(testcases.filter((testcase) => testcase.outcome === outcome).length);
  const seconds = testcases.reduce((sum, testcase) => sum + testcase.seconds, 0);
  return {
    tests: String(testcases.length),
    failures: count("failure"),
    errors: count("error"),
    skipped: count("skipped"),
    time: seconds.toFixed(3),
  };
}

/** Cuts the middle of a long body; the end has the command to reproduce. */
function shorten(body: string): string {
  if (body.length <= MAX_BODY_LENGTH) return body;
  return `${cut(body, MAX_BODY_LENGTH - 2_000)}\n${body.slice(-2_000)}`;
}

function attributesOf(attributes: Readonly<Record<string, string>>): string {
  return Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${xml(oneLine(value, 1_000))}"`)
    .join("");
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Escapes text for XML. Drops U+FFFE and U+FFFF, which XML forbids; cleanText drops the other illegal characters. */
function xml(text: string): string {
  return cleanText(text)
    .replace(/[\uFFFE\uFFFF]/g, "")
    .replace(/[&<>"]/g, (character) => ENTITIES[character] ?? "");
}
