/**
 * Measures how long a warm run takes: `node bench/run-times.ts [RUNS]`. It runs every suite in the default cell RUNS
 * times (default 3), each on a cluster of its own. Prints the median of each stage and scenario. Needs a machine that
 * `./faultline doctor` calls ready. It asserts nothing.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Run } from "../lib/verdict/result.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const times = Number(process.argv[2] ?? 3);
const measured = new Map<string, number[]>();

for (let round = 1; round <= times; round += 1) {
  const { status } = spawnSync("./faultline", ["run", "--progress", "none"], { cwd: ROOT, stdio: "ignore" });
  const run = JSON.parse(readFileSync(`${ROOT}runs/latest/report.json`, "utf8")) as Run;
  process.stderr.write(`run ${round} of ${times}: exit ${status}, ${run.summary.pass} pass\n`);
  note("whole run", run.durationMs);
  for (const cell of run.cells) for (const { stage, durationMs } of cell.stages) note(`stage ${stage}`, durationMs);
  for (const { scenario, times: t } of run.results) {
    note(`${scenario}: inject`, t.injectMs);
    note(`${scenario}: inject to probed`, t.proveMs);
    note(`${scenario}: heal`, t.healMs);
    note(`${scenario}: recovery`, t.recoveryMs);
    note(`${scenario}: total`, t.totalMs);
  }
}

for (const [what, all] of measured) {
  const sorted = all.toSorted((a, b) => a - b);
  const at = (part: number) => String(sorted[Math.floor((sorted.length - 1) * part)]).padStart(7);
  process.stdout.write(`${what.padEnd(55)} median ${at(0.5)} ms, least ${at(0)} ms, most ${at(1)} ms\n`);
}

function note(what: string, ms: number | null): void {
  if (ms !== null) measured.set(what, [...(measured.get(what) ?? []), ms]);
}
