import { join, relative } from "node:path";
import type { Run } from "../../lib/verdict/result.ts";
import { judgeRun } from "../../lib/verdict/run.ts";
import type { EvidencePath } from "../../reports/evidence.ts";
import { renderJson } from "../../reports/json.ts";
import { renderJunit } from "../../reports/junit.ts";
import { renderTable } from "../../reports/table.ts";
import { cellPath, findRunDir, readRun, writeAtomically } from "../store/run-dir.ts";

/** Writes report.json and junit.xml into the run's directory. */
export function writeReports(judged: Run, dir: string): void {
  writeAtomically(join(dir, "report.json"), renderJson(judged));
  writeAtomically(join(dir, "junit.xml"), renderJunit(judged, besideReports));
}

/** Of the run's folder, which CI keeps as a whole; a path of this machine would lead nowhere from there. */
const besideReports: EvidencePath = (cell, folder) => join(cellPath("", cell), folder);

/** As short as it can be opened from here. */
function fromHere(dir: string): EvidencePath {
  return (cell, folder) => {
    const path = join(cellPath(dir, cell), folder);
    const near = relative(process.cwd(), path);
    return near.startsWith("..") ? path : near;
  };
}

/** Prints the table and where the report is. */
export function printTable(judged: Run, dir: string): void {
  const options = { stream: process.stdout, ascii: isAscii(), evidencePath: fromHere(dir) };
  process.stdout.write(renderTable(judged, options));
  process.stdout.write(`${join(dir, "report.json")}\n`);
}

/** A terminal whose locale is not UTF-8; a pipe or file takes UTF-8 always. */
function isAscii(): boolean {
  const { LC_ALL, LC_CTYPE, LANG } = process.env;
  return process.stdout.isTTY && !/utf-?8/i.test(LC_ALL ?? LC_CTYPE ?? LANG ?? "");
}

export type Format = "table" | "json" | "junit";

/**
 * Judges a run again from its log and prints its report in one format. Throws UsageError when there is no such run.
 */
export function report(name: string, format: Format): Run {
  const dir = findRunDir(name);
  const judged = judgeRun(readRun(dir));
  const rendered = {
    table: () => renderTable(judged, { stream: process.stdout, evidencePath: fromHere(dir) }),
    json: () => renderJson(judged),
    junit: () => renderJunit(judged, besideReports),
  };
  process.stdout.write(rendered[format]());
  return judged;
}
