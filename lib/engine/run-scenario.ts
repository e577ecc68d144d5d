import { addressOf } from "../model/address.ts";
import type { FaultContext, Whereabouts } from "../model/cluster.ts";
import type { Mode } from "../model/mode.ts";
import { swapped, type Expectation } from "../model/expectation.ts";
import { healInjected, injectFault, type InjectedFault } from "../faults/run/inject.ts";
import type { NodeFault } from "../faults/registry.ts";
import { NODE_ONLY } from "../faults/contract/kind.ts";
import { expectationsOf, faultsOf, healingOf, leftOutOf, skipInCell } from "../scenario/spec.ts";
import type { CellContext, Scenario } from "../scenario/spec.ts";
import { patiently } from "../scenario/patiently.ts";
import { ofNode } from "../model/nodes.ts";
import { skipIfTooSmall } from "../scenario/cluster-size.ts";
import { readAll, type WatchedFault } from "./drift.ts";
import { onceEach } from "./measure.ts";
import { faultsIn, whyNoMutant } from "./mutants.ts";
import { compareNodeState, fingerprints } from "./node-state.ts";
import { signalOf, type Say, type Stand } from "./scenario-context.ts";
import { steadily } from "./steady.ts";
import { underFault, type Course } from "./under-fault.ts";

export type { Stand } from "./scenario-context.ts";

/** Budget for the steady state before a fault: pods of the scenario before may still be coming up. */
const STEADY_BUDGET_MS = 60_000;

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
    await claimAndProve(stand, patiently(scenario), mode, say, injected);
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
  const start = { ...statement(stand, scenario), mode, expect, leftOut: leftOutOf(scenario, context) } as const;
  const noMutant = whyNoMutant(mode, scenario, claimed, context);
  const skip =
    skipInCell(scenario, context) ??
    skipIfTooSmall(scenario, stand.cluster.record) ??
    (noMutant === null ? null : { code: "no-mutant" as const, reason: noMutant });
  if (skip !== null) {
    say({ ...start, faults: [] });
    say({ type: "skipped", ...skip });
    return;
  }
  const { where, faults } = await whereAndWhat(stand, scenario, mode).catch((error: unknown) => {
    // A scenario that cannot even begin is in the log all the same: what is not there cannot be counted.
    say({ ...start, faults: [] });
    throw error;
  });
  say({ ...start, faults });

  const isSteady = isHealthClaim(faults, mode) ? null : await steadyState(stand, where, expect, say);
  const course = courseOf(scenario, claimed, context, mode);
  await breakAndCompare(stand, scenario, mode, { course, expect, comparesNodes: isSteady !== null }, say, injected);
}

/** What the log says of the scenario when it begins. */
function statement({ cluster, nth }: Stand, scenario: Scenario) {
  const { title, claim, documented, recovers, appears } = scenario;
  const { withinMs: recoversWithinMs, notUntil } = recovers;
  const healsItself = healingOf(scenario, cluster.record);
  // What an agent undoes needs nobody else.
  const special = {
    ...(notUntil && !healsItself && { notUntil }),
    ...(healsItself && { healsItself }),
    ...(nth && { nth }),
    ...(cluster.record.containers.C !== undefined && { nodes: 3 as const }),
  };
  const appearsWithinMs = appears?.withinMs ?? 0;
  return { type: "scenario-started", title, claim, documented, appearsWithinMs, recoversWithinMs, ...special } as const;
}

interface Claims {
  readonly course: Course;
  /** What is to hold again afterwards. */
  readonly expect: Readonly<Record<string, Expectation>>;
  readonly comparesNodes: boolean;
}

async function breakAndCompare(
  stand: Stand,
  scenario: Scenario,
  mode: Mode,
  { course, expect, comparesNodes }: Claims,
  say: Say,
  injected: InjectedFault[],
): Promise<void> {
  const taken = comparesNodes ? fingerprints(stand.cluster) : null;
  const [before, now] = await Promise.all([taken, whereNow(stand, scenario, mode)]);
  const { withinMs } = scenario.recovers;
  try {
    await breakAndProbe(stand, now, course, say, injected);
    if (before !== null) await recovery(stand, now.where, expect, withinMs, say);
  } finally {
    await healAll(injected, say);
    // Also after an error: a node that did not come back must not pass for clean. Only whoever interrupts has no time for that.
    const isInterrupted = stand.signal?.aborted === true;
    try {
      if (before !== null && !isInterrupted) await compareNodeState(stand.cluster, before, withinMs, say);
    } finally {
      await stand.evidence?.mark("after");
    }
  }
}

async function breakAndProbe(
  stand: Stand,
  { where, faults }: WhereAndWhat,
  course: Course,
  say: Say,
  injected: InjectedFault[],
): Promise<void> {
  const watched: WatchedFault[] = [];
  for (const fault of faults) watched.push(await injectOne(stand, fault, course.healedKind, say, injected));
  const gone = await readAll(stand, watched, "before", say);
  const left = await underFault(stand, where, { watched, gone }, course, say);
  const during = stand.evidence?.mark("during");
  await readAll(stand, left, "after", say);
  await during;
  await healAll(injected, say);
  // The recovery would fill the captures; they are fetched while it is watched.
  void stand.evidence?.stop();
}

/** How long to wait is ruled by the claim as written, even where it is judged swapped; with no fault nothing will appear, last, or be undone. */
function courseOf(scenario: Scenario, claimed: Course["claimed"], context: CellContext, mode: Mode): Course {
  const { appears, recovers } = scenario;
  if (mode === "no-fault")
    return { claimed, appearsWithinMs: 0, lastsMs: 0, healsItselfWithinMs: null, healedKind: null };
  const healing = healingOf(scenario, context);
  return {
    claimed,
    appearsWithinMs: appears?.withinMs ?? 0,
    lastsMs: recovers.notUntil?.lastsMs ?? 0,
    healsItselfWithinMs: healing?.withinMs ?? null,
    healedKind: healing?.kind ?? null,
  };
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

async function injectOne(
  stand: Stand,
  nodeFault: NodeFault,
  healedKind: Course["healedKind"],
  say: Say,
  injected: InjectedFault[],
): Promise<WatchedFault> {
  stand.signal?.throwIfAborted();
  const startedAtMs = performance.now();
  const target = ofNode(stand.targets, nodeFault.node);
  const { journal, reach = NODE_ONLY } = stand;
  const mayBeUndone = nodeFault.fault.kind === healedKind;
  const one = await injectFault({ target, nodeFault, journal, reach, mayBeUndone });
  // Before anything else can throw: from here on it must be healed.
  injected.push(one);
  const sinceMs = performance.now();
  say({ type: "injected", faultId: one.id, fault: nodeFault, durationMs: Math.round(sinceMs - startedAtMs) });
  return { injected: one, sinceMs, lastSeenMs: sinceMs };
}

/** Goes on after an error: the journal keeps what is left for `heal`. */
async function healAll(injected: InjectedFault[], say: Say): Promise<void> {
  for (const [faultId, { ok, detail, durationMs }] of await healInjected(injected.splice(0))) {
    say({ type: "healed", faultId, durationMs, ok, detail });
  }
}

/** Where the roles were before the fault; what has moved since shows in the first round, and is looked for then. */
async function recovery(
  stand: Stand,
  where: Whereabouts,
  expect: Readonly<Record<string, Expectation>>,
  withinMs: number,
  say: Say,
): Promise<void> {
  const plan = onceEach(Object.keys(expect));
  const budget = { withinMs, inARow: 3, ...signalOf(stand) };
  const result = await steadily(stand.cluster, where, plan, budget, (number, observations) =>
    say({ type: "round", phase: "recovery", number, observations }),
  );
  if (result.ok) say({ type: "recovered", afterMs: result.afterMs });
  else say({ type: "not-recovered", afterMs: result.afterMs });
}

function faultContext(where: Whereabouts): FaultContext {
  const { cell, traits } = where.cluster;
  return { cell, traits, address: (role, way, family) => addressOf(where, role, way, family) };
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
