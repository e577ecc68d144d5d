/**
 * Measures how often a verdict is wrong: `node bench/verdicts.ts CLUSTER [FAULTY] [HEALTHY] [LOAD]` (default 1000,
 * 1000, 0), on a kept cluster. It injects the faults of each suite, except slow ones and those that heal by themselves,
 * and measures all paths of the suite. It repeats this until FAULTY paths were judged under a fault and HEALTHY paths
 * without one, beside LOAD busy loops. Each path is judged twice: by its true expectation, which must pass, and by that
 * expectation's neighbour (lib/model/expectation.ts), which must fail. Prints the counts of wrong and unknown verdicts;
 * exits 1 if one was wrong.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addressOf } from "../lib/model/address.ts";
import type { Whereabouts } from "../lib/model/cluster.ts";
import type { NewScenarioEvent, ScenarioContext } from "../lib/engine/scenario-context.ts";
import { underFault } from "../lib/engine/under-fault.ts";
import { expectation, swapped, type Expectation } from "../lib/model/expectation.ts";
import { healInjected, injectFault, type InjectedFault } from "../lib/faults/run/inject.ts";
import { containerTarget } from "../lib/faults/run/target.ts";
import { openJournal } from "../lib/journal/journal.ts";
import { ofNode } from "../lib/model/nodes.ts";
import type { Observation } from "../lib/probes/probe.ts";
import type { Verdict } from "../lib/model/verdict.ts";
import { expectationsOf, faultsOf, healingOf, type Scenario } from "../lib/scenario/spec.ts";
import { judgePath } from "../lib/verdict/path.ts";
import { liveCluster } from "../clusters/create/live-cluster.ts";
import { keptCluster } from "../cli/store/kept.ts";
import { scenariosOf, suiteFiles } from "../cli/cell/suites.ts";
import { busyLoops } from "./busy-loops.ts";
import { hostAt } from "../lib/host/host.ts";
import { USUAL_SPEED } from "../lib/host/time-scale.ts";

const ROUNDS_A_FAULT = 5;
/** What takes longer than this to appear would be most of the time. */
const LONGEST_TO_APPEAR_MS = 10_000;
const [name = "", ...numbers] = process.argv.slice(2);
const [faulty = 1000, healthy = 1000, load = 0] = numbers.map(Number);
const record = keptCluster(name);
const { cell, traits, containers } = record;
const cellContext = { cell, traits };
const dir = mkdtempSync(join(tmpdir(), "faultline-bench-"));
const journal = openJournal(join(dir, "journal.ndjson"));
const target = (node: "A" | "B" | "control-plane") =>
  containerTarget({ node, cluster: name, container: containers[node], host: hostAt(USUAL_SPEED) });
const targets = { A: await target("A"), B: await target("B"), "control-plane": await target("control-plane") };
const context: ScenarioContext = {
  cluster: liveCluster(record, hostAt(USUAL_SPEED)),
  targets,
  journal,
  emit: () => {},
};
const scenarios = (await scenariosOf(suiteFiles())).filter((one) => {
  const isQuick = (one.appears?.withinMs ?? 0) <= LONGEST_TO_APPEAR_MS;
  return isQuick && healingOf(one, cellContext) === null && (one.skipWhen?.(cellContext) ?? null) === null;
});

type Counts = Record<"right" | "wrong" | "unknown", number>;
const counts = { faulty: newCounts(), healthy: newCounts() };
const total = ({ right, wrong, unknown }: Counts) => right + wrong + unknown;
const tooks: number[] = [];
const loops = busyLoops(load);
try {
  while (total(counts.faulty) < faulty || total(counts.healthy) < healthy) {
    for (const scenario of scenarios) await oneRound(scenario);
    console.log(`so far ${total(counts.faulty)} under a fault, ${total(counts.healthy)} without`);
  }
} finally {
  loops[Symbol.dispose]();
  journal[Symbol.dispose]();
  rmSync(dir, { recursive: true });
}
for (const [what, { right, wrong, unknown }] of Object.entries(counts))
  console.log(
    `${what}: ${right} right, ${wrong} wrong, ${unknown} unknown (${share(unknown, right + wrong + unknown)})`,
  );
tooks.sort((a, b) => a - b);
console.log(`a round under a fault: median ${tooks[tooks.length >> 1] ?? 0} ms, longest ${tooks.at(-1) ?? 0} ms`);
process.exit(counts.faulty.wrong + counts.healthy.wrong > 0 ? 1 : 0);

function newCounts(): Counts {
  return { right: 0, wrong: 0, unknown: 0 };
}

async function oneRound(scenario: Scenario): Promise<void> {
  const claimed = expectationsOf(scenario, cellContext);
  const ok = Object.fromEntries(Object.keys(claimed).map((path) => [path, expectation("ok")]));
  for (let round = 1; round <= ROUNDS_A_FAULT; round += 1) await measureAndJudge(scenario, [], ok, counts.healthy);
  const where = await context.cluster.locate();
  const faults = faultsOf(scenario, { ...cellContext, address: (...asked) => addressOf(where, ...asked) });
  if (faults.every(({ fault }) => fault.kind === "none")) return;
  const injected: InjectedFault[] = [];
  try {
    for (const nodeFault of faults)
      injected.push(await injectFault({ target: ofNode(targets, nodeFault.node), nodeFault, journal }));
    for (let round = 1; round <= ROUNDS_A_FAULT; round += 1) {
      const startedAtMs = performance.now();
      await measureAndJudge(scenario, injected, claimed, counts.faulty);
      tooks.push(Math.round(performance.now() - startedAtMs));
    }
  } finally {
    await healInjected(injected);
  }
  await untilOk(ok);
}

/** Waits until every path of the cluster is ok again, at most a minute: later verdicts would be counted wrongly. */
async function untilOk(ok: Readonly<Record<string, Expectation>>): Promise<void> {
  const endsAtMs = performance.now() + 60_000;
  for (let row = 0; row < 2;) {
    const seen = await observe(await context.cluster.locate(), [], ok, 0);
    row = seen.every(({ symptom }) => symptom === "ok") ? row + 1 : 0;
    if (performance.now() > endsAtMs) throw new Error("the cluster did not recover within a minute");
  }
}

async function observe(
  where: Whereabouts,
  injected: readonly InjectedFault[],
  claimed: Readonly<Record<string, Expectation>>,
  appearsWithinMs: number,
): Promise<readonly Observation[]> {
  let last: readonly Observation[] = [];
  const say = (event: NewScenarioEvent) => {
    if (event.type === "round") last = event.observations;
  };
  const sinceMs = performance.now();
  const watched = injected.map((one) => ({ injected: one, sinceMs, lastSeenMs: sinceMs }));
  await underFault(
    context,
    where,
    { watched, gone: [] },
    { claimed, appearsWithinMs, lastsMs: 0, healsItselfWithinMs: null, healedKind: null },
    say,
  );
  return last;
}

async function measureAndJudge(
  scenario: Scenario,
  injected: readonly InjectedFault[],
  claimed: Readonly<Record<string, Expectation>>,
  into: Counts,
): Promise<void> {
  const appearsWithinMs = injected.length > 0 ? (scenario.appears?.withinMs ?? 0) : 0;
  const seen = await observe(await context.cluster.locate(), injected, claimed, appearsWithinMs);
  for (const [path, expected] of Object.entries(claimed)) {
    const mine = seen.filter((one) => one.path === path);
    const is = judgePath(path, expected, mine);
    const isNot = judgePath(path, swapped(expected), mine);
    const outcome = outcomeOf(is.verdict, isNot.verdict);
    into[outcome] += 1;
    if (outcome !== "right") {
      const what = `expected ${is.expected}, observed ${is.observed} (${is.reason})`;
      console.log(`${outcome}: ${scenario.id} ${injected.length > 0 ? "broken" : "healthy"}: ${path}: ${what}`);
    }
  }
}

function outcomeOf(is: Verdict, isNot: Verdict): keyof Counts {
  if (is === "fail" || isNot === "pass") return "wrong";
  return is === "unknown" ? "unknown" : "right";
}

function share(part: number, of: number): string {
  return `${((100 * part) / of).toFixed(2)} %`;
}
