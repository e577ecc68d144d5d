import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { layerCounts, sumCounts, type Counts } from "./counts.ts";
import { nodeProcess, type NodeProcessOptions } from "./process.ts";
import type { TestSignals } from "./signals.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** A test waits for its commands most of the time; more at once make those that measure times late. */
const FILES_AT_ONCE = 2;

/** A layer's tests, as mocha is to run them. */
export interface MochaLayer {
  readonly name: "unit" | "integration" | "e2e";
  readonly env: Readonly<Record<string, string>>;
  readonly signals: TestSignals;
  /** Takes what the tests of a file have printed; our terminal by default. */
  readonly write?: (text: string) => void;
}

/** A layer's files that run beside one another, and those that run one at a time after them. */
export interface LayerFiles {
  readonly beside: readonly string[];
  readonly alone: readonly string[];
}

/** Runs a layer in one mocha process, on our terminal. */
export async function runMocha(layer: MochaLayer): Promise<Counts> {
  return await mochaProcess(layer, layer.name, ["--config", configOf(layer)]);
}

/**
 * Runs a layer with a mocha process for each file, two at a time, and those of `alone` after the others. What a process
 * says is written whole when it has ended. Not mocha's own --parallel: on a signal that ends its workers without their
 * `after` hooks, and it does not know how many tests were planned, so a file that ended early would not be seen.
 */
export async function runMochaByFile(layer: MochaLayer, files: LayerFiles = filesOf(layer.name)): Promise<Counts> {
  const besides = await eachOf(files.beside, FILES_AT_ONCE, layer);
  return sumCounts([...besides, ...(await eachOf(files.alone, 1, layer))]);
}

/**
 * The files of a layer. In its folder `alone` are those that time what others would slow down, load the machine on
 * purpose, or use what all share.
 */
export function filesOf(layer: MochaLayer["name"]): LayerFiles {
  const dir = join(ROOT, "test", layer);
  return { beside: testFiles(dir), alone: testFiles(join(dir, "alone")) };
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
  // The layer's configuration as flags: mocha would add the files that it names to this one.
  const { timeout } = JSON.parse(readFileSync(configOf(layer), "utf8")) as { readonly timeout: number };
  const flags = ["--no-config", "--extension", "ts", "--forbid-only", "--timeout", String(timeout)];
  const colour = process.stdout.isTTY ? ["--color"] : [];
  const { write = (text: string) => process.stdout.write(text) } = layer;
  const path = join(mkdtempSync(join(tmpdir(), "faultline-test-")), "output");
  const output = openSync(path, "w");
  try {
    return await mochaProcess(layer, relative(ROOT, file), [...flags, ...colour, file], { output });
  } finally {
    closeSync(output);
    write(readFileSync(path, "utf8"));
  }
}

function configOf({ name }: MochaLayer): string {
  return join(ROOT, "test", `${name}.mocharc.json`);
}

/** Where its tests ended early, the process's own words are followed by a line that names them by `what`. */
async function mochaProcess(
  { env, signals }: MochaLayer,
  what: string,
  flags: readonly string[],
  options: NodeProcessOptions = {},
): Promise<Counts> {
  const counts = join(mkdtempSync(join(tmpdir(), "faultline-test-")), "counts.ndjson");
  const reporter = ["--reporter", join(ROOT, "test", "summary-reporter.ts")];
  const argv = [join(ROOT, "node_modules", "mocha", "bin", "mocha.js"), ...reporter, ...flags];
  const exit = await nodeProcess(argv, { ...env, FAULTLINE_TEST_COUNTS: counts }, signals, options);
  const last = existsSync(counts) ? readFileSync(counts, "utf8").trim().split("\n").at(-1) : undefined;
  const counted = layerCounts(exit, last);
  const early = `  ✘ ${what} ended before all of its tests were run: ${counted.passes} passed\n`;
  if (counted.failures > 0 && exit === 0) writeSync(options.output ?? process.stdout.fd, early);
  return counted;
}
