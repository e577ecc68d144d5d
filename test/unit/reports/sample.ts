import { readFileSync } from "node:fs";
import fc from "fast-check";
import type { Run } from "../../../lib/verdict/result.ts";

/** Returns a new copy of a run with a pass, a fail, an unknown, a skip, and a cell that never got to its suites. */
export function sampleRun(): Run {
  return JSON.parse(readFileSync(new URL("../../fixtures/reports/sample-run.json", import.meta.url), "utf8")) as Run;
}

/** Strings of a hostile probe: any code unit, including lone surrogates and markup. */
export const hostileText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  fc.constantFrom(
    "]]>",
    "<!--",
    "</failure>",
    "&#0;",
    '"/><x a="',
    "\u0000",
    "\u001b[2J\u001b]0;title\u0007",
    "\u009b31m",
    "a\u2028b\u2029c",
    "\u202egpj.exe",
    "\ud800",
    "\ufffe\uffff",
    "1\r2\r\n3",
  ),
);

/** Returns the sample with every free text of its results replaced by `text`. */
export function hostileRun(text: string): Run {
  const run = sampleRun();
  const results = run.results.map((result) => ({
    ...result,
    scenario: text,
    title: text,
    claim: text,
    reason: text,
    reproduce: text,
    faults: [text],
    nodeStateDifferences: [text],
    evidence: text,
    explanations: [
      { cause: text, paths: [text], confidence: "likely" as const, evidence: [text], fix: text, more: text },
    ],
    tries: [{ repeat: 1, attempt: 1, verdict: result.verdict, reason: text }],
    leftOut: [{ path: text, reason: text }],
    paths: result.paths.map((path) => ({ ...path, path: text, expected: text, observed: text, reason: text })),
  }));
  const cells = run.cells.map((cell) => ({
    ...cell,
    failure: cell.failure && { ...cell.failure, message: text },
    tainted: cell.tainted.map((one) => ({ ...one, container: text, scenario: text, why: text })),
    clusters: [text, text].map((name) => ({ name, replacedBecause: text })),
  }));
  return { ...run, runId: text, facts: { [text]: text }, cells, results };
}
