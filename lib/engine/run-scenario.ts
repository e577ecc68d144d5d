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
import { ofNode, type OfNodes } from "../model/nodes.ts";
import { skipIfTooSmall } from "../scenario/cluster-size.ts";
import { readAll, type WatchedFault } from "./drift.ts";
import { onceEach } from "./measure.ts";
import { faultsIn, whyNoMutant } from "./mutants.ts";
import type { Fingerprint } from "../fingerprint/fingerprint.ts";
import { compareNodeState, compareOnce, type Compared } from "./node-state.ts";
import { steadyBefore, type Before, type WhereAndWhat } from "./before.ts";
import { paceOf, signalOf, type Say, type ScenarioContext } from "./scenario-context.ts";
import { steadily, type Steadiness } from "./steady.ts";
import { underFault, type Course } from "./under-fault.ts";

export type { ScenarioContext } from "./scenario-context.ts";

/**
 * Runs one scenario and logs everything that happens. Never throws: errors are logged too, and the verdict is judged
 * from the log. Mode `swapped` replaces each expectation by its neighbour, `no-fault` breaks nothing, `wrong-node`
 * injects the faults on the other node. None of these may pass, except a wrong-node run with `sameOnEitherNode`.
 */
export async function runScenario(context: ScenarioContext, scenario: Scenario, mode: Mode): Promise<void> {
  const startedAtMs = performance.now();
  const say: Say = (event) => context.emit({ ...event, scenario: scenario.id });
  const injected: InjectedFault[] = [];
  try {
    await claimAndProve(context, patiently(scenario, context.cluster.timeScale), mode, say, injected);
  } catch (error) {
    say({ type: "error", message: (error as Error).message });
  } finally {
    await healAll(injected, say);
  }
  say({ type: "scenario-finished", durationMs: Math.round(performance.now() - startedAtMs) });
}

async function claimAndProve(
  context: ScenarioContext,
  scenario: Scenario,
  mode: Mode,
  say: Say,
  injected: InjectedFault[],
): Promise<void> {
  const { cell, traits } = context.cluster.record;
  const cellContext = { cell, traits };
  const claimed = expectationsOf(scenario, cellContext);
  const expect = mode === "swapped" ? mapValues(claimed, swapped) : claimed;
  const start = { ...statement(context, scenario), mode, expect, leftOut: leftOutOf(scenario, cellContext) } as const;
  const noMutant = whyNoMutant(mode, scenario, claimed, cellContext);
  const skip =
    skipInCell(scenario, cellContext) ??
    skipIfTooSmall(scenario, context.cluster.record) ??
    (noMutant === null ? null : { code: "no-mutant" as const, reason: noMutant });
  if (skip !== null) {
    say({ ...start, faults: [] });
    say({ type: "skipped", ...skip });
    return;
  }
  const { where, faults } = await whereAndWhat(context, scenario, mode).catch((error: unknown) => {
    // Logged although it cannot begin: a scenario that the log lacks is not counted.
    say({ ...start, faults: [] });
    throw error;
  });
  say({ ...start, faults });

  const course = courseOf(scenario, claimed, cellContext, mode);
  const locate = () => whereAndWhat(context, scenario, mode);
  const { withinMs } = scenario.recovers;
  if (isHealthClaim(faults, mode)) {
    await context.evidence?.begin(where);
    await breakAndCompare(
      context,
      { now: { where, faults }, nodes: null },
      { course, expect, withinMs },
      say,
      injected,
    );
  } else {
    const before = await steadyBefore(context, { where, faults }, locate, expect, say);
    await breakAndCompare(context, before, { course, expect, withinMs }, say, injected);
  }
}

/** Returns the `scenario-started` event, except what depends on the mode. */
function statement({ cluster, nth }: ScenarioContext, scenario: Scenario) {
  const { title, claim, documented, recovers, appears } = scenario;
  const { withinMs: recoversWithinMs, notUntil } = recovers;
  const healsItself = healingOf(scenario, cluster.record);
  // A fault that an agent undoes has no other end to wait for.
  const special = {
    ...(notUntil && !healsItself && { notUntil }),
    ...(healsItself && { healsItself }),
    ...(nth && { nth }),
    ...(cluster.record.containers.C !== undefined && { nodes: 3 as const }),
  };
  const appearsWithinMs = appears?.withinMs ?? 0;
  return { type: "scenario-started", title, claim, documented, appearsWithinMs, recoversWithinMs, ...special } as const;
}

/** Rounds that must be ok one after the other for the paths to have recovered. */
const ROUNDS_IN_A_ROW = 3;

interface Claims {
  readonly course: Course;
  /** Its paths must all be ok afterwards; its symptoms are those under the fault. */
  readonly expect: Readonly<Record<string, Expectation>>;
  readonly withinMs: number;
}

async function breakAndCompare(
  context: ScenarioContext,
  { now, nodes }: Before,
  { course, expect, withinMs }: Claims,
  say: Say,
  injected: InjectedFault[],
): Promise<void> {
  let beside: Compared | null = null;
  try {
    await breakAndProbe(context, now, course, say, injected);
    if (nodes !== null) beside = await recoverBesideComparison(context, { now, nodes }, { expect, withinMs }, say);
  } catch (error) {
    // Logged before the comparison can throw as well: the first error is the reason.
    say({ type: "error", message: (error as Error).message });
  }
  await healAll(injected, say);
  // Also after an error: a node that did not come back must not pass for clean. After a signal there is no time.
  const isInterrupted = context.signal?.aborted === true;
  try {
    if (nodes !== null && !isInterrupted) await compareNodeState(context, nodes, withinMs, say, beside);
  } finally {
    await context.evidence?.mark("after");
  }
}

/**
 * Watches the recovery and compares the nodes during its third round: agents may change a node for a moment after the
 * undo. Resolves to the comparison; null where the paths were not ok from the first round on, since a node may have
 * changed after it.
 */
async function recoverBesideComparison(
  context: ScenarioContext,
  { now, nodes }: { readonly now: WhereAndWhat; readonly nodes: OfNodes<Fingerprint> },
  { expect, withinMs }: Pick<Claims, "expect" | "withinMs">,
  say: Say,
): Promise<Compared | null> {
  let comparing: Promise<Compared | null> = Promise.resolve(null);
  const onRound = (number: number) => {
    if (number === ROUNDS_IN_A_ROW - 1) comparing = compareOnce(context.cluster, nodes).catch(() => null);
  };
  const { atOnce } = await recovery(context, now.where, expect, withinMs, say, onRound);
  return atOnce ? await comparing : null;
}

async function breakAndProbe(
  context: ScenarioContext,
  { where, faults }: WhereAndWhat,
  course: Course,
  say: Say,
  injected: InjectedFault[],
): Promise<void> {
  const watched: WatchedFault[] = [];
  for (const fault of faults) watched.push(await injectOne(context, fault, course.healedKind, say, injected));
  const gone = await readAll(context, watched, "before", say);
  const left = await underFault(context, where, { watched, gone }, course, say);
  const during = context.evidence?.mark("during");
  await readAll(context, left, "after", say);
  await during;
  await healAll(injected, say);
  // The recovery would fill the captures; they are fetched while it is watched.
  void context.evidence?.stop();
}

/**
 * Returns how long to probe under the fault. The claim as written decides that, in mode `swapped` too. In mode
 * `no-fault` nothing will appear, last or be undone, so there is nothing to wait for.
 */
function courseOf(scenario: Scenario, claimed: Course["claimed"], cellContext: CellContext, mode: Mode): Course {
  const { appears, recovers } = scenario;
  if (mode === "no-fault")
    return { claimed, appearsWithinMs: 0, lastsMs: 0, healsItselfWithinMs: null, healedKind: null };
  const healing = healingOf(scenario, cellContext);
  return {
    claimed,
    appearsWithinMs: appears?.withinMs ?? 0,
    lastsMs: recovers.notUntil?.lastsMs ?? 0,
    healsItselfWithinMs: healing?.withinMs ?? null,
    healedKind: healing?.kind ?? null,
  };
}

/** Returns true for a baseline suite: it breaks nothing and claims the steady state, so none is awaited first. */
function isHealthClaim(faults: readonly NodeFault[], mode: Mode): boolean {
  return mode !== "no-fault" && faults.every(({ fault }) => fault.kind === "none");
}

async function whereAndWhat(context: ScenarioContext, scenario: Scenario, mode: Mode): Promise<WhereAndWhat> {
  const where = await context.cluster.locate();
  return { where, faults: faultsIn(mode, faultsOf(scenario, faultContext(where))) };
}

async function injectOne(
  context: ScenarioContext,
  nodeFault: NodeFault,
  healedKind: Course["healedKind"],
  say: Say,
  injected: InjectedFault[],
): Promise<WatchedFault> {
  context.signal?.throwIfAborted();
  const startedAtMs = performance.now();
  const target = ofNode(context.targets, nodeFault.node);
  const { journal, reach = NODE_ONLY } = context;
  const mayBeUndone = nodeFault.fault.kind === healedKind;
  const one = await injectFault({ target, nodeFault, journal, reach, mayBeUndone });
  // Before anything else can throw: from here on it must be healed.
  injected.push(one);
  const sinceMs = performance.now();
  say({ type: "injected", faultId: one.id, fault: nodeFault, durationMs: Math.round(sinceMs - startedAtMs) });
  return { injected: one, sinceMs, lastSeenMs: sinceMs };
}

/** Undoes the injected faults and logs each. Goes on after a failed undo: the journal keeps that fault for `heal`. */
async function healAll(injected: InjectedFault[], say: Say): Promise<void> {
  for (const [faultId, { ok, detail, durationMs }] of await healInjected(injected.splice(0))) {
    say({ type: "healed", faultId, durationMs, ok, detail });
  }
}

/**
 * Waits until every path is ok three times in a row, or the budget is spent, and logs which. `where`: the roles' places
 * before the fault. A pod that moved since is not ok in the first round, and the next round locates it.
 */
async function recovery(
  context: ScenarioContext,
  where: Whereabouts,
  expect: Readonly<Record<string, Expectation>>,
  withinMs: number,
  say: Say,
  onRound: (number: number) => void,
): Promise<Steadiness> {
  const plan = onceEach(Object.keys(expect));
  const { roundIntervalMs: intervalMs } = paceOf(context);
  const budget = { withinMs, inARow: ROUNDS_IN_A_ROW, intervalMs, ...signalOf(context) };
  const result = await steadily(context.cluster, where, plan, budget, (number, observations) => {
    say({ type: "round", phase: "recovery", number, observations });
    onRound(number);
  });
  if (result.ok) say({ type: "recovered", afterMs: result.afterMs });
  else say({ type: "not-recovered", afterMs: result.afterMs });
  return result;
}

function faultContext(where: Whereabouts): FaultContext {
  const { cell, traits } = where.cluster;
  return { cell, traits, address: (role, way, family) => addressOf(where, role, way, family) };
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
