import { randomInt } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EXIT, FaultlineError, UsageError } from "../../lib/host/errors.ts";
import { testTools } from "../../clusters/setup/test-tools.ts";
import { machine, prepareMachine } from "../host/prepare.ts";
import { buildForTests } from "../own-tests/build.ts";
import { summaryLines, sumCounts, type Counts } from "../own-tests/counts.ts";
import { watchHost, type HostFinding } from "../own-tests/host-check.ts";
import { runMocha, runMochaByFile } from "../own-tests/mocha.ts";
import { nodeProcess } from "../own-tests/process.ts";
import { checkShell } from "../own-tests/shell-check.ts";
import { testSignals, type TestSignals } from "../own-tests/signals.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const LAYERS = ["check", "unit", "integration", "e2e"] as const;
type Layer = (typeof LAYERS)[number];

/** What `./faultline test` is asked for. */
export interface TestOptions {
  /** Layers; none for all of them. */
  readonly only: readonly string[];
  /** Every test, whole sweeps and all cells; otherwise each capability once on a real cluster. */
  readonly all: boolean;
}

/** One invocation, as its layers see it. */
interface Session {
  readonly layers: readonly Layer[];
  readonly all: boolean;
  readonly env: Readonly<Record<string, string>>;
  readonly signals: TestSignals;
}

/**
 * The project's own tests, layer by layer; all run, then fail. Ends with the tests left to `--all`, then `N passed, N
 * failed, N skipped`. A static check counts as one test, and so does that the host is afterwards as it was. Set-up
 * comes before the layers that need the machine's tools. A signal goes on to the layer under way, and is the end.
 * Throws UsageError for an unknown layer, PreflightError when set-up fails, FaultlineError (130/143) when a signal
 * came.
 */
export async function test({ only, all }: TestOptions): Promise<number> {
  const unknown = only.find((layer) => !LAYERS.some((known) => known === layer));
  if (unknown !== undefined) throw new UsageError(`layer "${unknown}" is not known`, `known: ${LAYERS.join(", ")}`);
  const layers = LAYERS.filter((layer) => only.length === 0 || only.includes(layer));
  const signals = testSignals();
  const seed = process.env["FAULTLINE_TEST_SEED"] ?? String(randomInt(2 ** 31));
  const env = { FAULTLINE_TEST_ALL: all ? "1" : "0", FAULTLINE_TEST_SEED: seed };
  try {
    if (!all) process.stdout.write(`sweeps are sampled: FAULTLINE_TEST_SEED=${seed} repeats the choice\n`);
    const counts = sumCounts(await runLayers({ layers, all, env, signals }));
    process.stdout.write(`\n${summaryLines(counts).join("\n")}\n`);
    return counts.failures > 0 ? EXIT.broken : EXIT.ok;
  } catch (error) {
    // Whatever a command that was cut off made of it.
    throw interrupted(signals.first()) ?? error;
  } finally {
    signals.release();
  }
}

type Watched = () => Promise<HostFinding>;

async function runLayers(session: Session): Promise<readonly Counts[]> {
  const { layers, signals } = session;
  const watched = layers.includes("integration") || layers.includes("e2e") ? await prepared(session) : null;
  const counts: Counts[] = [];
  for (const layer of layers) {
    process.stdout.write(`\n== ${layer}\n`);
    counts.push(await runLayer(layer, session));
    signals.signal.throwIfAborted();
  }
  return watched ? [...counts, hostCounts(await watched())] : counts;
}

async function runLayer(layer: Layer, { env, signals }: Session): Promise<Counts> {
  if (layer === "check") return await runChecks(signals);
  const run = layer === "integration" ? runMochaByFile : runMocha;
  return await run({ name: layer, env, signals });
}

/** Sets the machine up and looks at it; null where there is nothing to look at (Docker in a VM). */
async function prepared({ layers, all, signals: { signal } }: Session): Promise<Watched | null> {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  await prepareMachine({ yes: true, progress: say, signal, also: [testTools] });
  signal.throwIfAborted();
  const watched = process.platform === "linux" ? await watchHost(machine().exec) : null;
  // Before the tests, so that none of them has to allow for minutes of building.
  if (layers.includes("e2e")) await buildForTests({ all, say, signal });
  return watched;
}

function hostCounts({ asItWas, lines }: HostFinding): Counts {
  process.stdout.write(`\n== host\n${lines.join("\n")}\n`);
  return { passes: asItWas ? 1 : 0, failures: asItWas ? 0 : 1, pending: 0, leftOut: [] };
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
  const shell = await checkShell(machine().exec, signals.signal);
  process.stdout.write(`${shell.lines.join("\n")}\n`);
  return sumCounts([
    { passes: Object.keys(CHECKS).length - failures, failures, pending: 0, leftOut: [] },
    shell.counts,
  ]);
}
