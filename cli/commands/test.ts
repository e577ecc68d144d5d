import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EXIT, FaultlineError, UsageError } from "../../lib/host/errors.ts";
import { DEFAULT_CELL, nodePartsOf, parseCell } from "../../clusters/cells/cells.ts";
import { ensureNodeImage } from "../../clusters/image/node-image.ts";
import { testTools } from "../../clusters/setup/test-tools.ts";
import { hostExec } from "../../lib/host/exec.ts";
import { buildProgress, machine, prepareMachine } from "../host/prepare.ts";
import { watchHost, type HostFinding } from "../own-tests/host-check.ts";
import { layerCounts, type Counts } from "../own-tests/counts.ts";
import { nodeProcess } from "../own-tests/process.ts";
import { matrixCells } from "../own-tests/cells.ts";
import { testSignals, type TestSignals } from "../own-tests/signals.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const LAYERS = ["check", "unit", "integration", "e2e"] as const;
type Layer = (typeof LAYERS)[number];
/**
 * The project's own tests, layer by layer; all run, then fail. Ends with `N passed, N failed, N skipped`. A static check counts as one test, and so does that
 * the host is afterwards as it was. Set-up comes before the layers that need the machine's tools. A signal goes on to the layer under way, and is the end.
 * Throws UsageError for an unknown layer, PreflightError when set-up fails, FaultlineError (130/143) when a signal came.
 */
export async function test(only: readonly string[]): Promise<number> {
  const unknown = only.find((layer) => !LAYERS.some((known) => known === layer));
  if (unknown !== undefined) throw new UsageError(`layer "${unknown}" is not known`, `known: ${LAYERS.join(", ")}`);
  const layers = LAYERS.filter((layer) => only.length === 0 || only.includes(layer));
  const signals = testSignals();
  try {
    const all = await runLayers(layers, signals);
    const sum = (key: keyof Counts) => all.reduce((total, one) => total + one[key], 0);
    process.stdout.write(`\n${sum("passes")} passed, ${sum("failures")} failed, ${sum("pending")} skipped\n`);
    return sum("failures") > 0 ? EXIT.broken : EXIT.ok;
  } catch (error) {
    // Whatever a command that was cut off made of it.
    throw interrupted(signals.first()) ?? error;
  } finally {
    signals.release();
  }
}

type Watched = () => Promise<HostFinding>;

async function runLayers(layers: readonly Layer[], signals: TestSignals): Promise<readonly Counts[]> {
  const watched = layers.includes("integration") || layers.includes("e2e") ? await prepared(layers, signals) : null;
  const all: Counts[] = [];
  for (const layer of layers) {
    process.stdout.write(`\n== ${layer}\n`);
    all.push(layer === "check" ? await runChecks(signals) : await runMocha(layer, signals));
    signals.signal.throwIfAborted();
  }
  return watched ? [...all, hostCounts(await watched())] : all;
}

/** Sets the machine up and looks at it; null where there is nothing to look at (Docker in a VM). */
async function prepared(layers: readonly Layer[], { signal }: TestSignals): Promise<Watched | null> {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  await prepareMachine({ yes: true, progress: say, signal, also: [testTools] });
  signal.throwIfAborted();
  const watched = process.platform === "linux" ? await watchHost() : null;
  // Before the tests, so that none of them has to allow for minutes of building.
  if (layers.includes("e2e"))
    for (const cell of [DEFAULT_CELL, ...(await matrixCells(machine())).here.map(({ cell }) => parseCell(cell))]) {
      const progress = buildProgress(say);
      await ensureNodeImage({ parts: nodePartsOf(cell), exec: hostExec, say, progress, signal });
    }
  return watched;
}

function hostCounts({ asItWas, lines }: HostFinding): Counts {
  process.stdout.write(`\n== host\n${lines.join("\n")}\n`);
  return { passes: asItWas ? 1 : 0, failures: asItWas ? 0 : 1, pending: 0 };
}

function interrupted(name: NodeJS.Signals | null): FaultlineError | null {
  if (name === null) return null;
  const code = name === "SIGINT" ? EXIT.sigint : EXIT.sigterm;
  return new FaultlineError(
    `tests interrupted by ${name}`,
    code,
    "./faultline heal, then ./faultline gc, for what they left",
  );
}

const CHECKS = {
  format: ["prettier", "--check", "--log-level", "warn", "."],
  lint: ["eslint", "."],
  types: ["tsc", "--noEmit"],
} as const;

async function runChecks(signals: TestSignals): Promise<Counts> {
  let failures = 0;
  for (const [name, [tool, ...args]] of Object.entries(CHECKS)) {
    const exit = await nodeProcess([join(ROOT, "node_modules", ".bin", tool), ...args], {}, signals);
    signals.signal.throwIfAborted();
    process.stdout.write(`  ${exit === 0 ? "✔" : "✘"} ${name}\n`);
    if (exit !== 0) failures += 1;
  }
  return { passes: Object.keys(CHECKS).length - failures, failures, pending: 0 };
}

async function runMocha(layer: Exclude<Layer, "check">, signals: TestSignals): Promise<Counts> {
  const counts = join(mkdtempSync(join(tmpdir(), "faultline-test-")), "counts.ndjson");
  const config = join(ROOT, "test", `${layer}.mocharc.json`);
  const argv = [join(ROOT, "node_modules", "mocha", "bin", "mocha.js"), "--config", config];
  const reporter = ["--reporter", join(ROOT, "test", "summary-reporter.ts")];
  const exit = await nodeProcess([...argv, ...reporter], { FAULTLINE_TEST_COUNTS: counts }, signals);
  const last = existsSync(counts) ? readFileSync(counts, "utf8").trim().split("\n").at(-1) : undefined;
  const counted = layerCounts(exit, last);
  const { passes, failures } = counted;
  if (failures > 0 && exit === 0)
    process.stdout.write(`  ✘ ${layer} ended before all of its tests were run: ${passes} passed\n`);
  return counted;
}
