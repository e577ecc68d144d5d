import { randomInt } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EXIT, FaultlineError, UsageError } from "../../lib/host/errors.ts";
import { testTools } from "../../clusters/setup/test-tools.ts";
import { machine, prepareMachine } from "../host/prepare.ts";
import { buildForTests, obstacleOf, runsOnHostKernel } from "../own-tests/build.ts";
import { cellsOf } from "../own-tests/cells.ts";
import { summaryLines, sumCounts, tookLine, type Counts } from "../own-tests/counts.ts";
import { watchHost, type HostFinding } from "../own-tests/host-check.ts";
import { runMocha, runMochaByFile } from "../own-tests/mocha.ts";
import { IPVS_CELL, NIGHTLY_GROUPS, nightlyGroup } from "../own-tests/nightly-groups.ts";
import { nodeProcess } from "../own-tests/process.ts";
import {
  commitAt,
  mustBePart,
  rotationLines,
  rotationOf,
  type Rotation,
  type RotationChoice,
} from "../own-tests/rotation.ts";
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
  /** Which part of the nightly tests a default run has; undefined: the commit's. */
  readonly rotation: RotationChoice | undefined;
}

/** One invocation, as its layers see it. */
interface Session {
  readonly layers: readonly Layer[];
  readonly all: boolean;
  readonly choice: RotationChoice;
  readonly env: Readonly<Record<string, string>>;
  readonly signals: TestSignals;
}

/** What a session came to. */
interface Outcome {
  readonly counts: readonly Counts[];
  /** Null where the run has all nightly tests, or no layer with any. */
  readonly rotation: Rotation | null;
}

/**
 * The project's own tests, layer by layer; all run, then fail. Ends with the nightly tests of this run, the tests left
 * to `--all`, the time, then `N passed, N failed, N skipped`. A static check counts as one test, and so does that the
 * host is afterwards as it was. Set-up comes before the layers that need the machine's tools. A signal goes on to the
 * layer under way, and is the end. Throws UsageError for an unknown layer or part, PreflightError when set-up fails,
 * FaultlineError (130/143) when a signal came.
 */
export async function test({ only, all, rotation: choice }: TestOptions): Promise<number> {
  const unknown = only.find((layer) => !LAYERS.some((known) => known === layer));
  if (unknown !== undefined) throw new UsageError(`layer "${unknown}" is not known`, `known: ${LAYERS.join(", ")}`);
  if (all && choice !== undefined) throw new UsageError("--all has every part of the rotation", "leave --rotation out");
  mustBePart(choice ?? "by-commit");
  const layers = LAYERS.filter((layer) => only.length === 0 || only.includes(layer));
  const signals = testSignals();
  const seed = process.env["FAULTLINE_TEST_SEED"] ?? String(randomInt(2 ** 31));
  const env = { FAULTLINE_TEST_ALL: all ? "1" : "0", FAULTLINE_TEST_SEED: seed };
  const startedAtMs = performance.now();
  try {
    if (!all) process.stdout.write(`sweeps are sampled: FAULTLINE_TEST_SEED=${seed} repeats the choice\n`);
    const outcome = await runLayers({ layers, all, choice: choice ?? "by-commit", env, signals });
    const counts = sumCounts(outcome.counts);
    const nightly = outcome.rotation === null ? [] : [...rotationLines(outcome.rotation), ""];
    const took = tookLine(performance.now() - startedAtMs, { all, isWhole: layers.length === LAYERS.length });
    process.stdout.write(`\n${[...nightly, ...summaryLines(counts, took)].join("\n")}\n`);
    return counts.failures > 0 ? EXIT.broken : EXIT.ok;
  } catch (error) {
    // Whatever a command that was cut off made of it.
    throw interrupted(signals.first()) ?? error;
  } finally {
    signals.release();
  }
}

type Watched = () => Promise<HostFinding>;

async function runLayers(asked: Session): Promise<Outcome> {
  const { layers, signals } = asked;
  const { watched, rotation } = needsMachine(layers) ? await prepared(asked) : { watched: null, rotation: null };
  const inEnv = rotation === null ? {} : { FAULTLINE_TEST_ROTATION: JSON.stringify(rotation) };
  const session = { ...asked, env: { ...asked.env, ...inEnv } };
  const counts: Counts[] = [];
  for (const layer of layers) {
    process.stdout.write(`\n== ${layer}\n`);
    counts.push(await runLayer(layer, session));
    signals.signal.throwIfAborted();
  }
  return { counts: watched ? [...counts, hostCounts(await watched())] : counts, rotation };
}

const needsMachine = (layers: readonly Layer[]) => layers.includes("integration") || layers.includes("e2e");

async function runLayer(layer: Layer, { env, signals }: Session): Promise<Counts> {
  if (layer === "check") return await runChecks(signals);
  const run = layer === "integration" ? runMochaByFile : runMocha;
  return await run({ name: layer, env, signals });
}

/**
 * Sets the machine up, looks at it (null where there is nothing to look at: Docker in a VM), chooses the nightly tests
 * and builds what the end-to-end tests need.
 */
async function prepared(session: Session): Promise<{ readonly watched: Watched | null } & Pick<Outcome, "rotation">> {
  const { layers, all, signals } = session;
  const { signal } = signals;
  const say = (line: string) => process.stderr.write(`${line}\n`);
  await prepareMachine({ yes: true, progress: say, signal, also: [testTools] });
  signal.throwIfAborted();
  const watched = process.platform === "linux" ? await watchHost(machine().exec) : null;
  // Every nightly test is an end-to-end test.
  if (!layers.includes("e2e")) return { watched, rotation: null };
  const rotation = all ? null : await rotationHere(session);
  if (rotation !== null) process.stdout.write(`${rotationLines(rotation).join("\n")}\n`);
  const groups = rotation === null ? [...NIGHTLY_GROUPS.values()] : rotation.run.map(nightlyGroup);
  const ofGroups = groups.flatMap(({ cell }) => (cell === undefined ? [] : [cell]));
  const cells = [...new Set([...cellsOf(all).map(({ cell }) => cell), ...ofGroups])];
  // Before the tests, so that none of them has to allow for minutes of building.
  await buildForTests({ cells, say, signal });
  return { watched, rotation };
}

/** The nightly tests of a default run, always with the ipvs cell where this kernel has ip_vs: a usual cluster there. */
async function rotationHere({ choice }: Session): Promise<Rotation> {
  return await rotationOf({
    choice,
    commit: await commitAt(ROOT, machine().exec),
    always: choice !== "none" && (await runsOnHostKernel(IPVS_CELL)) ? ["ipvs"] : [],
    obstacle: async ({ cell }) => await obstacleOf(cell),
  });
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
