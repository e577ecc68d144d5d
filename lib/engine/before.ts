import type { NodeFault } from "../faults/registry.ts";
import type { Fingerprint } from "../fingerprint/fingerprint.ts";
import type { Whereabouts } from "../model/cluster.ts";
import type { Expectation } from "../model/expectation.ts";
import type { OfNodes } from "../model/nodes.ts";
import { onceEach } from "./measure.ts";
import { fingerprints } from "./node-state.ts";
import { paceOf, signalOf, type Say, type ScenarioContext } from "./scenario-context.ts";
import { steadily, type Steadiness } from "./steady.ts";

/** Where the roles are, and the faults that follow from that. */
export interface WhereAndWhat {
  readonly where: Whereabouts;
  readonly faults: readonly NodeFault[];
}

/** What a scenario begins from: the captures listen. */
export interface Before {
  readonly now: WhereAndWhat;
  /** The nodes' states; null where they are not compared. */
  readonly nodes: OfNodes<Fingerprint> | null;
}

/**
 * Waits until every path is ok three times in a row, and reads the nodes' states and starts the captures meanwhile.
 * Where a round was not ok, pods may have been made since: then the roles are located and the nodes read once more.
 * Throws Error when there is no steady state within the pace's budget.
 */
export async function steadyBefore(
  context: ScenarioContext,
  first: WhereAndWhat,
  locate: () => Promise<WhereAndWhat>,
  expect: Readonly<Record<string, Expectation>>,
  say: Say,
): Promise<Before> {
  const [steady, ready] = await Promise.allSettled([
    steadyState(context, first.where, expect, say),
    readyBefore(context, first),
  ]);
  if (steady.status === "rejected") throw steady.reason;
  if (steady.value.atOnce && ready.status === "fulfilled") return ready.value;
  return await readyBefore(context, await locate());
}

async function readyBefore(context: ScenarioContext, now: WhereAndWhat): Promise<Before> {
  const [nodes] = await Promise.all([fingerprints(context.cluster), context.evidence?.begin(now.where)]);
  return { now, nodes };
}

async function steadyState(
  context: ScenarioContext,
  where: Whereabouts,
  expect: Readonly<Record<string, Expectation>>,
  say: Say,
): Promise<Steadiness> {
  const plan = onceEach(Object.keys(expect));
  const { steadyBudgetMs: withinMs, roundIntervalMs: intervalMs } = paceOf(context);
  const budget = { withinMs, inARow: 3, intervalMs, ...signalOf(context) };
  const result = await steadily(context.cluster, where, plan, budget, (number, observations) =>
    say({ type: "round", phase: "steady", number, observations }),
  );
  if (result.ok) return result;
  // Nothing is broken yet, and what the nodes look like may say why.
  await context.evidence?.begin(where);
  throw new Error(`no steady state within ${withinMs} ms before the fault: ${result.last}`);
}
