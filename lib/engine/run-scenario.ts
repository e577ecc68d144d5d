import { addressOf } from "../address.ts";
import type { Cluster, FaultContext, Whereabouts } from "../cluster.ts";
import type { Mode, ScenarioEvent } from "../event.ts";
import type { Emit } from "../event-log.ts";
import type { ScenarioEvidence } from "../evidence/scenario-evidence.ts";
import { swapped, type Expectation } from "../expectation.ts";
import { healInjected, injectFault, type InjectedFault } from "../faults/inject.ts";
import type { NodeFault, NodeRole } from "../faults/fault.ts";
import { NODE_ONLY, type Reach } from "../faults/kind.ts";
import type { Target } from "../faults/target.ts";
import type { Journal } from "../journal/journal.ts";
import { expectationsOf, faultsOf, type Scenario } from "../scenario.ts";
import { measure, onceEach, planFor } from "./measure.ts";
import { faultsIn, whyNoMutant } from "./mutants.ts";
import { compareNodeState, fingerprints } from "./node-state.ts";
import { allAsExpected, steadily } from "./steady.ts";

/** What a scenario is run with. */
export interface Stand {
  readonly cluster: Cluster;
  readonly targets: Readonly<Record<NodeRole, Target>>;
  readonly journal: Journal;
  readonly emit: Emit;
  readonly signal?: AbortSignal;
  /** Default: no fault reaches further than its node. */
  readonly reach?: Reach;
  /** Of this one scenario. */
  readonly evidence?: ScenarioEvidence;
}

/** Budget for the steady state before a fault: pods of the scenario before may still be coming up. */
const STEADY_BUDGET_MS = 60_000;
const FLOWS_UNDER_FAULT = 3;

type NewScenarioEvent = ScenarioEvent extends infer E ? (E extends ScenarioEvent ? Omit<E, "scenario"> : never) : never;
type Say = (event: NewScenarioEvent) => void;

/**
 * Runs one scenario and logs everything that happens. Never throws for what it finds: that is in the log, and judged from there.
 * `swapped` runs it with each expectation replaced by its neighbour, `no-fault` with nothing broken, `wrong-node` with its faults on the other node: all must
 * come out not-pass.
 */
export async function runScenario(stand: Stand, scenario: Scenario, mode: Mode): Promise<void> {
  const startedAtMs = performance.now();
  const say: Say = (event) => stand.emit({ ...event, scenario: scenario.id });
  const injected: InjectedFault[] = [];
  try {
    await claimAndProve(stand, scenario, mode, say, injected);
  } catch (error) {
    say({ type: "error", message: (error as Error).message });
  } finally {
    await healAll(injected, say);
  }
  say({ type: "scenario-finished", durationMs: Math.round(performance.now() - startedAtMs) });
}

async function claimAndProve(
  stand: Stand,
  scenario: Scenario,
  mode: Mode,
  say: Say,
  injected: InjectedFault[],
): Promise<void> {
  const { cell, traits } = stand.cluster.record;
  const context = { cell, traits };
  const claimed = expectationsOf(scenario, context);
  const expect = mode === "swapped" ? mapValues(claimed, swapped) : claimed;
  const { title, claim, documented } = scenario;
  const recoversWithinMs = scenario.recovers.withinMs;
  const start = { type: "scenario-started", title, claim, documented, mode, expect, recoversWithinMs } as const;
  const reason = scenario.skipWhen?.(context) ?? whyNoMutant(mode, scenario, claimed, context);
  if (reason !== null) {
    say({ ...start, faults: [] });
    say({ type: "skipped", reason });
    return;
  }
  const { where, faults } = await whereAndWhat(stand, scenario, mode).catch((error: unknown) => {
    // A scenario that cannot even begin is in the log all the same: what is not there cannot be counted.
    say({ ...start, faults: [] });
    throw error;
  });
  say({ ...start, faults });

  const isSteady = isHealthClaim(faults, mode) ? null : await steadyState(stand, where, expect, say);
  await breakAndCompare(stand, scenario, mode, { claimed, expect, comparesNodes: isSteady !== null }, say, injected);
}

interface Claims {
  readonly claimed: Readonly<Record<string, Expectation>>;
  /** What is to hold again afterwards. */
  readonly expect: Readonly<Record<string, Expectation>>;
  readonly comparesNodes: boolean;
}

async function breakAndCompare(
  stand: Stand,
  scenario: Scenario,
  mode: Mode,
  { claimed, expect, comparesNodes }: Claims,
  say: Say,
  injected: InjectedFault[],
): Promise<void> {
  const taken = comparesNodes ? fingerprints(stand.cluster) : null;
  const [before, now] = await Promise.all([taken, whereNow(stand, scenario, mode)]);
  const { withinMs } = scenario.recovers;
  const appearsWithinMs = mode === "no-fault" ? 0 : (scenario.appears?.withinMs ?? 0);
  try {
    await breakAndProbe(stand, now, claimed, appearsWithinMs, say, injected);
    if (before !== null) await recovery(stand, expect, withinMs, say);
  } finally {
    await healAll(injected, say);
    // Also after an error: a node that did not come back must not pass for clean. Only whoever interrupts has no time for that.
    const isInterrupted = stand.signal?.aborted === true;
    const marked = stand.evidence?.mark("after");
    if (before !== null && !isInterrupted) await compareNodeState(stand.cluster, before, withinMs, say);
    await marked;
  }
}

/** How long to wait is ruled by the claim as written, even where it is judged swapped; with no fault nothing will appear. */
async function breakAndProbe(
  stand: Stand,
  { where, faults }: WhereAndWhat,
  claimed: Readonly<Record<string, Expectation>>,
  appearsWithinMs: number,
  say: Say,
  injected: InjectedFault[],
): Promise<void> {
  for (const fault of faults) await injectOne(stand, fault, say, injected);
  await underFault(stand, where, claimed, appearsWithinMs, say);
  const during = stand.evidence?.mark("during");
  for (const one of injected) await readBack(one, "after", say);
  await during;
  await healAll(injected, say);
  // The recovery would fill the captures; they are fetched while it is watched.
  void stand.evidence?.stop();
}

/** A baseline suite breaks nothing: its claim is the steady state itself, so there is none to wait for first. */
function isHealthClaim(faults: readonly NodeFault[], mode: Mode): boolean {
  return mode !== "no-fault" && faults.every(({ fault }) => fault.kind === "none");
}

async function steadyState(
  stand: Stand,
  where: Whereabouts,
  expect: Readonly<Record<string, Expectation>>,
  say: Say,
): Promise<true> {
  const plan = onceEach(Object.keys(expect));
  const budget = { withinMs: STEADY_BUDGET_MS, inARow: 3, ...signalOf(stand) };
  const result = await steadily(stand.cluster, where, plan, budget, (number, observations) =>
    say({ type: "round", phase: "steady", number, observations }),
  );
  // Nothing is broken yet, and what the nodes look like may say why.
  if (!result.ok) await stand.evidence?.begin(where);
  if (!result.ok) throw new Error(`no steady state within ${STEADY_BUDGET_MS} ms before the fault: ${result.last}`);
  return true;
}

interface WhereAndWhat {
  readonly where: Whereabouts;
  readonly faults: readonly NodeFault[];
}

/** Pods may have been made anew while we waited for the steady state: an address of before would be a dead one. The captures listen when it resolves. */
async function whereNow(stand: Stand, scenario: Scenario, mode: Mode): Promise<WhereAndWhat> {
  const now = await whereAndWhat(stand, scenario, mode);
  await stand.evidence?.begin(now.where);
  return now;
}

async function whereAndWhat(stand: Stand, scenario: Scenario, mode: Mode): Promise<WhereAndWhat> {
  const where = await stand.cluster.locate();
  return { where, faults: faultsIn(mode, faultsOf(scenario, faultContext(where))) };
}

async function injectOne(stand: Stand, nodeFault: NodeFault, say: Say, injected: InjectedFault[]): Promise<void> {
  stand.signal?.throwIfAborted();
  const startedAtMs = performance.now();
  const target = stand.targets[nodeFault.node];
  const { journal, reach = NODE_ONLY } = stand;
  const one = await injectFault({ target, nodeFault, journal, reach });
  // Before anything else can throw: from here on it must be healed.
  injected.push(one);
  const durationMs = Math.round(performance.now() - startedAtMs);
  say({ type: "injected", faultId: one.id, fault: nodeFault, durationMs });
  await readBack(one, "before", say);
}

async function readBack(one: InjectedFault, when: "before" | "after", say: Say): Promise<void> {
  const { inForce, detail } = await one.readBack();
  say({ type: "read-back", faultId: one.id, when, inForce, detail });
}

/** Probes once, or again until it is as expected where the symptom needs time to show; the last round is the one judged. */
async function underFault(
  stand: Stand,
  where: Whereabouts,
  claimed: Readonly<Record<string, Expectation>>,
  appearsWithinMs: number,
  say: Say,
): Promise<void> {
  const deadlineMs = performance.now() + appearsWithinMs;
  const plan = planFor(claimed, FLOWS_UNDER_FAULT);
  for (let number = 1; ; number += 1) {
    const observations = await measure(stand.cluster, where, plan, stand.signal);
    say({ type: "round", phase: "fault", number, observations });
    if (performance.now() >= deadlineMs || allAsExpected(claimed, observations)) return;
    where = await stand.cluster.locate();
  }
}

/** Goes on after an error: the journal keeps what is left for `heal`. */
async function healAll(injected: InjectedFault[], say: Say): Promise<void> {
  for (const [faultId, { ok, detail, durationMs }] of await healInjected(injected.splice(0))) {
    say({ type: "healed", faultId, durationMs, ok, detail });
  }
}

async function recovery(
  stand: Stand,
  expect: Readonly<Record<string, Expectation>>,
  withinMs: number,
  say: Say,
): Promise<void> {
  const plan = onceEach(Object.keys(expect));
  const where = await stand.cluster.locate();
  const budget = { withinMs, inARow: 3, ...signalOf(stand) };
  const result = await steadily(stand.cluster, where, plan, budget, (number, observations) =>
    say({ type: "round", phase: "recovery", number, observations }),
  );
  if (result.ok) say({ type: "recovered", afterMs: result.afterMs });
  else say({ type: "not-recovered", afterMs: result.afterMs });
}

function signalOf({ signal }: Stand): { readonly signal?: AbortSignal } {
  return signal ? { signal } : {};
}

function faultContext(where: Whereabouts): FaultContext {
  return { traits: where.cluster.traits, address: (role, way) => addressOf(where, role, way) };
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
