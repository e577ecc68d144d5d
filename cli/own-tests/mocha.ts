import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { layerCounts, sumCounts, type Counts } from "./counts.ts";
import { nodeProcess } from "./process.ts";
import type { TestSignals } from "./signals.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** A test waits for its commands most of the time; more at once make those that measure times late. */
const FILES_AT_ONCE = 2;

/** A layer's tests, as mocha is to run them. */
export interface MochaLayer {
  readonly name: "unit" | "integration" | "e2e";
  readonly env: Readonly<Record<string, string>>;
  readonly signals: TestSignals;
}

/** Runs a layer in one mocha process, on our terminal. */
export async function runMocha(layer: MochaLayer): Promise<Counts> {
  return await mochaProcess(layer, ["--config", join(ROOT, "test", `${layer.name}.mocharc.json`)], {});
}

/**
 * Runs a layer with a mocha process for each file, two at a time; what one says is written whole when it has ended. The
 * files in `alone/`, which time what others would slow down or use what all share, run one at a time after the others.
 * Not mocha's own --parallel: on a signal that ends its workers without their `after` hooks, and it does not know how
 * many tests were planned, so a file that ended early would not be seen.
 */
export async function runMochaByFile(layer: MochaLayer): Promise<Counts> {
  const dir = join(ROOT, "test", layer.name);
  const besides = await eachOf(testFiles(dir), FILES_AT_ONCE, layer);
  const alone = await eachOf(testFiles(join(dir, "alone")), 1, layer);
  return sumCounts([...besides, ...alone]);
}

function testFiles(dir: string): readonly string[] {
  const names = readdirSync(dir).filter((name) => name.endsWith(".test.ts"));
  return names.sort().map((name) => join(dir, name));
}

async function eachOf(files: readonly string[], atOnce: number, layer: MochaLayer): Promise<readonly Counts[]> {
  const waiting = [...files];
  const all: Counts[] = [];
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      layer.signals.signal.throwIfAborted();
      all.push(await ofFile(layer, file));
    }
  };
  // Each comes to its end before the first error is thrown, so that none is left running.
  const settled = await Promise.allSettled(Array.from({ length: atOnce }, work));
  for (const one of settled) if (one.status === "rejected") throw one.reason;
  return all;
}

async function ofFile(layer: MochaLayer, file: string): Promise<Counts> {
  const path = join(mkdtempSync(join(tmpdir(), "faultline-test-")), "output");
  const output = openSync(path, "w");
  try {
    return await mochaProcess(layer, [...ofConfig(layer), file], { output });
  } finally {
    closeSync(output);
    process.stdout.write(readFileSync(path));
  }
}

/** The layer's configuration as flags, without its files: mocha would add them to the one that is named. */
function ofConfig({ name }: MochaLayer): readonly string[] {
  const text = readFileSync(join(ROOT, "test", `${name}.mocharc.json`), "utf8");
  const { timeout } = JSON.parse(text) as { readonly timeout: number };
  const colour = process.stdout.isTTY ? ["--color"] : [];
  return ["--no-config", "--extension", "ts", "--forbid-only", "--timeout", String(timeout), ...colour];
}

async function mochaProcess(
  { name, env, signals }: MochaLayer,
  flags: readonly string[],
  options: { readonly output?: number },
): Promise<Counts> {
  const counts = join(mkdtempSync(join(tmpdir(), "faultline-test-")), "counts.ndjson");
  const reporter = ["--reporter", join(ROOT, "test", "summary-reporter.ts")];
  const argv = [join(ROOT, "node_modules", "mocha", "bin", "mocha.js"), ...reporter, ...flags];
  const exit = await nodeProcess(argv, { ...env, FAULTLINE_TEST_COUNTS: counts }, signals, options);
  const last = existsSync(counts) ? readFileSync(counts, "utf8").trim().split("\n").at(-1) : undefined;
  const counted = layerCounts(exit, last);
  if (counted.failures > 0 && exit === 0)
    process.stdout.write(`  ✘ ${name} ended before all of its tests were run: ${counted.passes} passed\n`);
  return counted;
}
