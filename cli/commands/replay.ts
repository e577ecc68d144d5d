import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { EXIT } from "../../lib/host/errors.ts";
import { judgeRun } from "../../lib/verdict/run.ts";
import { renderJson } from "../../reports/json.ts";
import { findRunDir, readRun } from "../store/run-dir.ts";
import { exitCodeOf } from "./run.ts";

/**
 * Judges a run again from its event log and compares the result with the report that the run wrote. The two are equal
 * byte for byte unless the verdict engine has changed. Returns the exit code of the run as judged now; 1 as well when
 * the report differs.
 */
export function replay(name: string): number {
  const dir = findRunDir(name);
  const judged = judgeRun(readRun(dir));
  const path = join(dir, "report.json");
  const was = existsSync(path) ? readFileSync(path, "utf8") : null;
  const same = was === renderJson(judged);
  process.stdout.write(
    was === null ? "no report was written then\n" : same ? "same report, byte for byte\n" : "the report differs\n",
  );
  for (const one of judged.results) process.stdout.write(`${one.verdict.padEnd(7)} ${one.scenario} ${one.reason}\n`);
  return was !== null && !same ? EXIT.broken : exitCodeOf(judged, 0);
}
