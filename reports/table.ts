/** The terminal's view of a run: a line a scenario, then what did not pass with why and how to see it again, then the sum. */
import { styleText } from "node:util";
import type { CellResult, PathResult, Run, ScenarioResult } from "../lib/verdict/result.ts";
import type { Verdict } from "../lib/model/verdict.ts";
import { asReported, evidenceLine, type EvidencePath } from "./evidence.ts";
import { asciiText, cleanText, duration, oneLine } from "./text.ts";

export interface TableOptions {
  /** No character beyond ASCII. */
  readonly ascii?: boolean;
  /** Colours when this stream can show them (NO_COLOR is heeded); none without it. */
  readonly stream?: NodeJS.WritableStream;
  /** Where a result's evidence can be opened; default: as the report says it, relative to the cell's folder. */
  readonly evidencePath?: EvidencePath;
}

type Paint = (verdict: Verdict, text: string) => string;

const SYMBOLS: Readonly<Record<Verdict, string>> = { pass: "✔", fail: "✘", unknown: "?", skip: "-" };
const COLORS = { pass: "green", fail: "red", unknown: "yellow", skip: "gray" } as const;
const MOST_PATHS = 5;
const MOST_MESSAGE_LINES = 8;

/** Ends with a newline. Symbols and words carry the meaning, colour only repeats it. */
export function renderTable(run: Run, options: TableOptions = {}): string {
  const { stream, evidencePath = asReported } = options;
  const paint: Paint = (verdict, text) => (stream ? styleText(COLORS[verdict], text, { stream }) : text);
  const cells = new Set([...run.cells, ...run.results].map((one) => one.cell));
  const lines = [
    ...[...cells].flatMap((cell) => cellLines(run, cell, paint)),
    ...run.cells.flatMap((cell) => failureLines(cell, paint)),
    ...run.cells.flatMap((cell) => taintLines(cell, paint)),
    ...run.results
      .filter(({ verdict }) => verdict === "fail" || verdict === "unknown")
      .flatMap((one) => detail(one, paint, evidencePath)),
    "",
    summaryLine(run),
    "",
  ];
  return options.ascii === true ? lines.map(asciiText).join("\n") : lines.join("\n");
}

/** `5 pass, 1 fail, 0 unknown, 1 skip; 1 of 2 cells failed; 2 min 03 s; run ID`. */
export function summaryLine(run: Run): string {
  const { pass, fail, unknown, skip } = run.summary;
  const failed = run.cells.filter((cell) => cell.failure !== null).length;
  const cells = failed === 0 ? "" : `; ${failed} of ${run.cells.length} cells failed`;
  const tainted = run.cells.flatMap((cell) => cell.tainted).length;
  const nodes = tainted === 0 ? "" : `; ${tainted} ${tainted === 1 ? "node" : "nodes"} tainted`;
  const flaky = run.flaky === 0 ? "" : ` (${run.flaky} flaky)`;
  const counts = `${pass} pass, ${fail} fail, ${unknown} unknown${flaky}, ${skip} skip`;
  return `${counts}${cells}${nodes}; ${duration(run.durationMs)}; run ${oneLine(run.runId)}`;
}

function cellLines(run: Run, cell: string, paint: Paint): readonly string[] {
  const results = run.results.filter((result) => result.cell === cell);
  const known = run.cells.find((one) => one.cell === cell);
  const took = known?.stages.map(({ stage, durationMs }) => `${stage} ${duration(durationMs)}`).join(", ") ?? "";
  const width = Math.max(0, ...results.map((result) => nameOf(result).length));
  const title = oneLine(took === "" ? cell : `${cell} (${took})`);
  if (results.length > 0) return [title, ...results.map((result) => row(result, width, paint))];
  return [
    title,
    `  ${badge("unknown", paint, 7)}  ${known?.failure ? `failed at stage ${known.failure.stage}` : "no scenario ran"}`,
  ];
}

function row(result: ScenarioResult, width: number, paint: Paint): string {
  const { injectMs, recoveryMs, totalMs } = result.times;
  const times = [`inject ${duration(injectMs)}`, `recovery ${duration(recoveryMs)}`, `total ${duration(totalMs)}`];
  const columns = times.map((time, index) => time.padEnd(index === 0 ? 15 : 17)).join("  ");
  const rest =
    result.verdict === "skip" ? oneLine(result.reason) : `${columns}${rateWords(result)}${leftOutWords(result)}`;
  return `  ${badge(result.verdict, paint, 7)}  ${nameOf(result).padEnd(width)}  ${rest}`.trimEnd();
}

/** `  held 19 of 20 (76–99 %)`; nothing for what was run once. */
function rateWords({ rate }: ScenarioResult): string {
  if (rate === null) return "";
  const [low, high] = [rate.low, rate.high].map((part) => Math.round(part * 100));
  const unclear = rate.unknown === 0 ? "" : `, ${rate.unknown} unknown`;
  return `  held ${rate.passed} of ${rate.decided} (${low}–${high} %)${unclear}`;
}

/** `  1 path left out: the cell has no IPv6`; nothing where all are there. */
function leftOutWords({ leftOut }: ScenarioResult): string {
  if (leftOut.length === 0) return "";
  const reasons = [...new Set(leftOut.map(({ reason }) => oneLine(reason)))].join(", ");
  return `  ${leftOut.length} ${leftOut.length === 1 ? "path" : "paths"} left out: ${reasons}`;
}

function badge(verdict: Verdict, paint: Paint, width = 0): string {
  return paint(verdict, `${SYMBOLS[verdict]} ${verdict.padEnd(width)}`);
}

function nameOf({ scenario, mode }: ScenarioResult): string {
  return oneLine(mode === "as-claimed" ? scenario : `${scenario} [${mode}]`);
}

/** At most thirteen lines. */
function detail(result: ScenarioResult, paint: Paint, evidencePath: EvidencePath): readonly string[] {
  const broken = result.paths.filter((path) => path.verdict !== "pass");
  const left = broken.length - MOST_PATHS;
  const differences = result.nodeStateDifferences;
  return [
    "",
    `${badge(result.verdict, paint)}  ${nameOf(result)}  ${oneLine(result.cell)}`,
    `  ${oneLine(result.reason)}`,
    ...broken.slice(0, MOST_PATHS).map(pathLine),
    ...(left > 0 ? [`  … and ${left} more paths`] : []),
    ...(differences.length > 0 ? [`  node state: ${oneLine(differences.join("; "))}`] : []),
    ...whyLines(result),
    ...evidenceLine(result, evidencePath).map((line) => `  ${unbroken(line)}`),
    `  reproduce: ${unbroken(result.reproduce)}`,
  ];
}

/** The likeliest explanation only; `./faultline why` tells all, with their evidence. */
function whyLines({ explanations }: ScenarioResult): readonly string[] {
  const [first] = explanations;
  if (!first) return [];
  const fix = first.fix === null ? [] : [`  mend: ${oneLine(first.fix)}`];
  return [`  why: ${first.confidence === "likely" ? "likely " : ""}${oneLine(first.cause)}`, ...fix];
}

/** Never cut: it is to be copied. */
function unbroken(text: string): string {
  return cleanText(text).replaceAll("\n", " ");
}

function pathLine({ path, expected, observed }: PathResult): string {
  return `  ${oneLine(path)}: expected ${oneLine(expected)}, observed ${oneLine(observed)}`;
}

function failureLines({ cell, failure }: CellResult, paint: Paint): readonly string[] {
  if (failure === null) return [];
  const said = cleanText(failure.message)
    .split("\n")
    .filter((line) => line.trim() !== "");
  const shown = said.length > MOST_MESSAGE_LINES ? [said[0] ?? "", "…", ...said.slice(2 - MOST_MESSAGE_LINES)] : said;
  return [
    "",
    `${badge("unknown", paint)}  ${oneLine(cell)} failed at stage ${failure.stage}`,
    ...shown.map((line) => `  ${oneLine(line)}`),
  ];
}

/** Nodes that did not come back: by whom, and that their cluster is out of use. */
function taintLines({ cell, tainted, clusters }: CellResult, paint: Paint): readonly string[] {
  const others = clusters.slice(1).map(({ name }) => oneLine(name));
  const rest = others.length === 0 ? "" : `; the rest was run on ${others.join(", then ")}`;
  return tainted.flatMap(({ node, container, scenario, why }) => [
    "",
    `${paint("fail", `${SYMBOLS.fail} tainted`)}  node ${node}${container === null ? "" : ` (${oneLine(container)})`}  ${oneLine(cell)}`,
    `  by ${oneLine(scenario)}: ${oneLine(why)}`,
    `  nothing more is run on this cluster, now or later; where it was kept, ./faultline gc deletes it${rest}`,
  ]);
}
