/**
 * Measures the gain of running cells in parallel: `node bench/side-by-side.ts [CELLS] [HOW…]`. It runs every suite in
 * each of CELLS (comma-separated; default flannel with iptables and with nftables), once for each HOW: a number
 * (`--parallel`) or `auto` (derived from the machine); default `1 auto 2 3`. Prints wall time, verdicts, and the reason
 * of each unknown. It asserts nothing.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import type { Run } from "../lib/verdict/result.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DEFAULT_CELLS = "flannel/iptables,flannel/nftables";
const [cells = DEFAULT_CELLS, ...asked] = process.argv.slice(2);
const hows = asked.length > 0 ? asked : ["1", "auto", "2", "3"];

for (const how of hows) {
  const flags = cells.split(",").flatMap((cell) => ["--cell", cell]);
  const parallel = how === "auto" ? [] : ["--parallel", how];
  const argv = ["run", ...flags, ...parallel, "--progress", "none", "--yes"];
  const load = loadavg()[0] ?? 0;
  const { status } = spawnSync("./faultline", argv, { cwd: ROOT, stdio: "ignore" });
  const run = JSON.parse(readFileSync(`${ROOT}runs/latest/report.json`, "utf8")) as Run;
  const { pass, fail, unknown, skip } = run.summary;
  const seconds = Math.round(run.durationMs / 1000);
  console.log(
    `${how} (load before ${load.toFixed(1)}): ${seconds} s, exit ${status},`,
    `${pass} pass, ${fail} fail, ${unknown} unknown, ${skip} skip`,
  );
  for (const { cell, stages } of run.cells) {
    const took = stages.map(({ stage, durationMs }) => `${stage} ${(durationMs / 1000).toFixed(1)} s`);
    console.log(`  ${cell}: ${took.join(", ")}`);
  }
  const tries = run.results.flatMap(({ tries: all }) => all).length;
  console.log(`  ${tries} tries for ${run.results.length} results`);
  for (const { scenario, cell, verdict, reason } of run.results) {
    if (verdict === "fail" || verdict === "unknown") console.log(`  ${verdict} ${scenario} ${cell}: ${reason}`);
  }
}
