/** Renders a run for a terminal: a line a scenario, then each failure with its reason and command, then the summary. */
import { styleText } from "node:util";
import type { CellResult, PathResult, Run, ScenarioResult } from "../lib/verdict/result.ts";
import type { Verdict } from "../lib/model/verdict.ts";
import { asReported, evidenceLine, type EvidencePath } from "./evidence.ts";
import { asciiText, cleanText, duration, oneLine } from "./text.ts";

export interface TableOptions {
  /** Uses only ASCII characters. */
  readonly ascii?: boolean;
  /** Uses colours if this stream can show them (NO_COLOR is respected); without a stream, none. */
  readonly stream?: NodeJS.WritableStream;
  /** Returns the path of a result's evidence; default: the path in the report, relative to the cell's folder. */
  readonly evidencePath?: EvidencePath;
}

type Paint = (verdict: Verdict, text: string) => string;

const SYMBOLS: Readonly<Record<Verdict, string>> = { pass: "✔", fail: "✘", unknown: "?", skip: "-" };
const COLORS = { pass: "green", fail: "red", unknown: "yellow", skip: "gray" } as const;
const MAX_PATHS = 5;
const MAX_MESSAGE_LINES = 8;

/** Returns the table with a final newline. Symbols and words carry the meaning; colour only repeats it. */
export function renderTable(run: Run, options: TableOptions = {}): string {
  const { stream, evidencePath = asReported } = options;
  const paint: Paint = (verdict, text) => (stream ? styleText(COLORS[verdict], text, { stream }) : text);
  const cells = new Set([...run.cells, ...run.results].map(({ cell }) => cell));
  const lines = [
    ...[...cells].flatMap((cell) => cellLines(run, cell, paint)),
    ...run.cells.flatMap((cell) => failureLines(cell, paint)),
    ...run.cells.flatMap((cell) => taintLines(cell, paint)),
    ...run.results
      .filter(({ verdict }) => verdict === "fail" || verdict === "unknown")
      .flatMap((result) => detail(result, paint, evidencePath)),
    "",
    summaryLine(run),
    "",
  ];
  return options.ascii === true ? lines.map(asciiText).join("\n") : lines.join("\n");
}

/** Returns the summary: `5 pass, 1 fail, 0 unknown, 1 skip; 1 of 2 cells failed; 2 min 03 s; run ID`. */
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
  const known = run.cells.find((each) => each.cell === cell);
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

/** Returns `  held 19 of 20 (76–99 %)`; empty for a scenario without repeats. */
function rateWords({ rate }: ScenarioResult): string {
  if (rate === null) return "";
  const [low, high] = [rate.low, rate.high].map((part) => Math.round(part * 100));
  const unclear = rate.unknown === 0 ? "" : `, ${rate.unknown} unknown`;
  return `  held ${rate.passed} of ${rate.decided} (${low}–${high} %)${unclear}`;
}

/** Returns `  1 path left out: the cell has no IPv6`; empty if the cell has all paths. */
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

/** Returns at most thirteen lines. */
function detail(result: ScenarioResult, paint: Paint, evidencePath: EvidencePath): readonly string[] {
  const broken = result.paths.filter((path) => path.verdict !== "pass");
  const left = broken.length - MAX_PATHS;
  const differences = result.nodeStateDifferences;
  return [
    "",
    `${badge(result.verdict, paint)}  ${nameOf(result)}  ${oneLine(result.cell)}`,
    `  ${oneLine(result.reason)}`,
    ...broken.slice(0, MAX_PATHS).map(pathLine),
    ...(left > 0 ? [`  … and ${left} more paths`] : []),
    ...(differences.length > 0 ? [`  node state: ${oneLine(differences.join("; "))}`] : []),
    ...whyLines(result),
    ...evidenceLine(result, evidencePath).map((line) => `  ${unbroken(line)}`),
    `  reproduce: ${unbroken(result.reproduce)}`,
  ];
}

/** Returns only the likeliest explanation; `./faultline why` prints all of them with their evidence. */
function whyLines({ explanations }: ScenarioResult): readonly string[] {
  const [first] = explanations;
  if (!first) return [];
  const fix = first.fix === null ? [] : [`  fix: ${oneLine(first.fix)}`];
  return [`  why: ${first.confidence === "likely" ? "likely " : ""}${oneLine(first.cause)}`, ...fix];
}

/** Returns the whole text as one line, for copying. */
function unbroken(text: string): string {
  return cleanText(text).replaceAll("\n", " ");
}

function pathLine({ path, expected, observed }: PathResult): string {
  return `  ${oneLine(path)}: expected ${oneLine(expected)}, observed ${oneLine(observed)}`;
}

function failureLines({ cell, failure }: CellResult, paint: Paint): readonly string[] {
  if (failure === null) return [];
  const message = cleanText(failure.message)
    .split("\n")
    .filter((line) => line.trim() !== "");
  const shown =
    message.length > MAX_MESSAGE_LINES ? [message[0] ?? "", "…", ...message.slice(2 - MAX_MESSAGE_LINES)] : message;
  return [
    "",
    `${badge("unknown", paint)}  ${oneLine(cell)} failed at stage ${failure.stage}`,
    ...shown.map((line) => `  ${oneLine(line)}`),
  ];
}

/** Returns the tainted nodes with their cause, and says that their cluster is not used again. */
function taintLines({ cell, tainted, clusters }: CellResult, paint: Paint): readonly string[] {
  const others = clusters.slice(1).map(({ name }) => oneLine(name));
  const rest = others.length === 0 ? "" : `; the remaining scenarios ran on ${others.join(", then ")}`;
  const title = paint("fail", `${SYMBOLS.fail} tainted`);
  return tainted.flatMap(({ node, container, scenario, why }) => {
    const name = container === null ? `node ${node}` : `node ${node} (${oneLine(container)})`;
    return [
      "",
      `${title}  ${name}  ${oneLine(cell)}`,
      `  by ${oneLine(scenario)}: ${oneLine(why)}`,
      `  this cluster is not used again; if it was kept, delete it with ./faultline gc${rest}`,
    ];
  });
}
