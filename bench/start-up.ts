/**
 * Measures how long the command line takes to start: `node bench/start-up.ts [TIMES]`. It runs `--help`, `list` and
 * `plan` TIMES times each (default 11), after one run that warms the caches. Prints the medians of wall time and of CPU
 * time; on a busy machine only the CPU time is meaningful. It asserts nothing.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const times = Number(process.argv[2] ?? 11);
/** Node does not tell the CPU time of one child; bash does. */
const TIMED = fileURLToPath(new URL("timed.sh", import.meta.url));

for (const command of ["--help", "list", "plan"]) {
  measure(command);
  const all = Array.from({ length: times }, () => measure(command));
  const wall = median(all.map(({ wallMs }) => wallMs));
  const cpu = median(all.map(({ cpuMs }) => cpuMs));
  process.stdout.write(`${command.padEnd(8)} median ${wall} ms wall, ${cpu} ms CPU\n`);
}

function measure(command: string): { readonly wallMs: number; readonly cpuMs: number } {
  const { status, stderr } = spawnSync(TIMED, ["./faultline", command], { cwd: ROOT, encoding: "utf8" });
  if (status !== 0) throw new Error(`./faultline ${command} ended with ${status}: ${stderr}`);
  const [wall = NaN, user = NaN, system = NaN] = (stderr.trimEnd().split("\n").at(-1) ?? "").split(" ").map(Number);
  return { wallMs: Math.round(wall * 1000), cpuMs: Math.round((user + system) * 1000) };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
