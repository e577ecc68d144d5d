import { join } from "node:path";
import type { Run } from "../lib/run.ts";
import { judgeRun } from "../lib/verdict/run.ts";
import { renderJson } from "../reports/json.ts";
import { renderJunit } from "../reports/junit.ts";
import { renderTable } from "../reports/table.ts";
import { findRunDir, readRun, writeAtomically } from "./run-dir.ts";

/** Writes report.json and junit.xml into the run's directory. */
export function writeReports(judged: Run, dir: string): void {
  writeAtomically(join(dir, "report.json"), renderJson(judged));
  writeAtomically(join(dir, "junit.xml"), renderJunit(judged));
}

/** Prints the table and where the report is. */
export function printTable(judged: Run, dir: string): void {
  process.stdout.write(renderTable(judged, { stream: process.stdout, ascii: isAscii() }));
  process.stdout.write(`${join(dir, "report.json")}\n`);
}

/** A terminal whose locale is not UTF-8; a pipe or file takes UTF-8 always. */
function isAscii(): boolean {
  const { LC_ALL, LC_CTYPE, LANG } = process.env;
  return process.stdout.isTTY && !/utf-?8/i.test(LC_ALL ?? LC_CTYPE ?? LANG ?? "");
}

export type Format = "table" | "json" | "junit";

/** Prints a run's report again, judged anew from its log (`report`), in one format. Throws UsageError when there is no such run. */
export function report(name: string, format: Format): Run {
  const judged = judgeRun(readRun(findRunDir(name)));
  const rendered = {
    table: () => renderTable(judged, { stream: process.stdout }),
    json: () => renderJson(judged),
    junit: () => renderJunit(judged),
  };
  process.stdout.write(rendered[format]());
  return judged;
}
