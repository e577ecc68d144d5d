import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EXIT, UsageError } from "../lib/errors.ts";
import { ensureNodeImage } from "../clusters/image/node-image.ts";
import { testTools } from "../clusters/setup/test-tools.ts";
import { hostExec } from "../lib/exec.ts";
import { buildProgress, prepareMachine } from "./prepare.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const LAYERS = ["check", "unit", "integration", "e2e"] as const;
type Layer = (typeof LAYERS)[number];

interface Counts {
  readonly passes: number;
  readonly failures: number;
  readonly pending: number;
}

/**
 * The project's own tests, layer by layer; all run, then fail. Ends with `N passed, N failed, N skipped`. A static check counts as one test. Set-up comes
 * before the layers that need the machine's tools. Throws UsageError for an unknown layer, PreflightError when set-up fails.
 */
export async function test(only: readonly string[]): Promise<number> {
  const unknown = only.find((layer) => !LAYERS.some((known) => known === layer));
  if (unknown !== undefined) throw new UsageError(`layer "${unknown}" is not known`, `known: ${LAYERS.join(", ")}`);
  const layers = LAYERS.filter((layer) => only.length === 0 || only.includes(layer));
  const needsMachine = layers.includes("integration") || layers.includes("e2e");
  const say = (line: string) => process.stderr.write(`${line}\n`);
  if (needsMachine) await prepareMachine({ yes: true, progress: say, also: [testTools] });
  // Before the tests, so that none of them has to allow for minutes of building.
  if (layers.includes("e2e")) await ensureNodeImage({ exec: hostExec, progress: buildProgress(say) });
  const all: Counts[] = [];
  for (const layer of layers) {
    process.stdout.write(`\n== ${layer}\n`);
    all.push(layer === "check" ? await runChecks() : await runMocha(layer));
  }
  const sum = (key: keyof Counts) => all.reduce((total, one) => total + one[key], 0);
  process.stdout.write(`\n${sum("passes")} passed, ${sum("failures")} failed, ${sum("pending")} skipped\n`);
  return sum("failures") > 0 ? EXIT.broken : EXIT.ok;
}

const CHECKS = {
  format: ["prettier", "--check", "--log-level", "warn", "."],
  lint: ["eslint", "."],
  types: ["tsc", "--noEmit"],
} as const;

async function runChecks(): Promise<Counts> {
  let failures = 0;
  for (const [name, [tool, ...args]] of Object.entries(CHECKS)) {
    const exit = await nodeRun([join(ROOT, "node_modules", ".bin", tool), ...args], {});
    process.stdout.write(`  ${exit === 0 ? "✔" : "✘"} ${name}\n`);
    if (exit !== 0) failures += 1;
  }
  return { passes: Object.keys(CHECKS).length - failures, failures, pending: 0 };
}

async function runMocha(layer: Exclude<Layer, "check">): Promise<Counts> {
  const counts = join(mkdtempSync(join(tmpdir(), "faultline-test-")), "counts.ndjson");
  const config = join(ROOT, "test", `${layer}.mocharc.json`);
  const argv = [join(ROOT, "node_modules", "mocha", "bin", "mocha.js"), "--config", config];
  const exit = await nodeRun([...argv, "--reporter", join(ROOT, "test", "summary-reporter.ts")], {
    FAULTLINE_TEST_COUNTS: counts,
  });
  const last = existsSync(counts) ? readFileSync(counts, "utf8").trim().split("\n").at(-1) : undefined;
  const stats = last === undefined ? { passes: 0, failures: 0, pending: 0 } : (JSON.parse(last) as Counts);
  // A layer that died, or ran nothing, has failed whatever its counts say.
  const died = (exit !== 0 && stats.failures === 0) || stats.passes + stats.failures === 0;
  return died ? { ...stats, failures: stats.failures + 1 } : stats;
}

function nodeRun(argv: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  const flags = ["--disable-warning=DEP0190", "--disable-warning=ExperimentalWarning"];
  const child = spawn(process.execPath, [...flags, ...argv], {
    cwd: ROOT,
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}
