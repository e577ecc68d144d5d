import { addressOf } from "../lib/model/address.ts";
import type { ClusterRecord } from "../lib/model/cluster.ts";
import { measure } from "../lib/engine/measure.ts";
import { healInjected, injectFault, type InjectedFault } from "../lib/faults/run/inject.ts";
import { containerTarget } from "../lib/faults/run/target.ts";
import type { Journal } from "../lib/faults/run/journal.ts";
import { ofNode } from "../lib/model/nodes.ts";
import type { Observation } from "../lib/probes/probe.ts";
import { expectationsOf, faultsOf, type Scenario } from "../lib/scenario/spec.ts";
import { liveCluster } from "../clusters/create/live-cluster.ts";
import { hostAt } from "../lib/host/host.ts";
import { USUAL_SPEED } from "../lib/host/time-scale.ts";

/** What was seen while one cluster was broken in one way. */
export interface Isolation {
  readonly scenario: string;
  /** In the broken cluster, of the paths that are claimed to break: the fault was no empty one. */
  readonly broken: number;
  /** In the other clusters, all of them while the fault was read back as in force before and after. */
  readonly probes: number;
  /** What was not ok there, and what could not be told. */
  readonly lost: readonly Observation[];
  readonly unknown: number;
}

export interface Trial {
  readonly faulty: ClusterRecord;
  readonly others: readonly ClusterRecord[];
  /** The scenario whose fault is injected; its symptom must appear at once. */
  readonly scenario: Scenario;
  /** Paths that must be ok in the others, and how many flows each has in a round. */
  readonly paths: readonly string[];
  readonly flows: number;
  /** At least so many in all of the others together. */
  readonly probes: number;
  readonly journal: Journal;
}

const MOST_ROUNDS_TO_BREAK = 10;

/**
 * Breaks one cluster as a scenario does, verifies that it is broken, tries every path of the other clusters until there
 * were `probes` attempts, then heals. Throws if the fault was not in force or could not be undone.
 */
export async function whileOneIsBroken(trial: Trial): Promise<Isolation> {
  const { faulty, scenario } = trial;
  const injected: InjectedFault[] = [];
  try {
    for (const nodeFault of await faultsIn(faulty, scenario)) {
      const container = ofNode(faulty.containers, nodeFault.node);
      const target = await containerTarget({
        node: nodeFault.node,
        cluster: faulty.name,
        container,
        host: hostAt(USUAL_SPEED),
      });
      injected.push(await injectFault({ target, nodeFault, journal: trial.journal }));
    }
    const broken = await untilBroken(faulty, scenario);
    await mustBeInForce(injected);
    const each = Math.ceil(trial.probes / trial.others.length);
    const seen = (await Promise.all(trial.others.map((other) => probesOf(other, trial, each)))).flat();
    await mustBeInForce(injected);
    const unknown = seen.filter(({ symptom }) => symptom === "unknown").length;
    const lost = seen.filter(({ symptom }) => symptom !== "ok" && symptom !== "unknown");
    return { scenario: scenario.id, broken, probes: seen.length, lost, unknown };
  } finally {
    await mustBeHealed(injected);
  }
}

async function faultsIn(record: ClusterRecord, scenario: Scenario) {
  const where = await liveCluster(record, hostAt(USUAL_SPEED)).locate();
  return faultsOf(scenario, {
    cell: record.cell,
    traits: record.traits,
    address: (role, way) => addressOf(where, role, way),
  });
}

/** How many attempts failed on the paths that are claimed to break. */
async function untilBroken(record: ClusterRecord, scenario: Scenario): Promise<number> {
  const claimed = Object.entries(expectationsOf(scenario, record));
  const paths = claimed.filter(([, { symptoms }]) => !symptoms.includes("ok")).map(([path]) => path);
  const plan = Object.fromEntries(paths.map((path) => [path, { flows: 3, patient: true }]));
  const cluster = liveCluster(record, hostAt(USUAL_SPEED));
  for (let round = 1; round <= MOST_ROUNDS_TO_BREAK; round += 1) {
    const seen = await measure(cluster, await cluster.locate(), plan);
    const failed = seen.filter(({ symptom }) => symptom !== "ok" && symptom !== "unknown").length;
    if (failed > 0) return failed;
  }
  throw new Error(`${scenario.id} broke nothing in ${record.name}`);
}

async function mustBeInForce(injected: readonly InjectedFault[]): Promise<void> {
  for (const one of injected) {
    const { inForce, detail } = await one.readBack();
    if (!inForce) throw new Error(`the fault is not in force: ${detail}`);
  }
}

async function probesOf(
  record: ClusterRecord,
  { paths, flows }: Trial,
  least: number,
): Promise<readonly Observation[]> {
  const cluster = liveCluster(record, hostAt(USUAL_SPEED));
  const where = await cluster.locate();
  const plan = Object.fromEntries(paths.map((path) => [path, { flows }]));
  const seen: Observation[] = [];
  while (seen.length < least) seen.push(...(await measure(cluster, where, plan)));
  return seen;
}

async function mustBeHealed(injected: readonly InjectedFault[]): Promise<void> {
  const results = await healInjected(injected);
  const left = [...results.values()].find(({ ok }) => !ok);
  if (left) throw new Error(`a fault could not be undone: ${left.detail}`);
}
