import { UsageError } from "../host/errors.ts";
import { familiesOf, type Cell, type Traits } from "../model/cell.ts";
import type { FaultContext } from "../model/cluster.ts";
import type { Claimed, Expectation } from "../model/expectation.ts";
import { expectation } from "../model/expectation.ts";
import type { Fault, NodeFault } from "../faults/registry.ts";
import { parsePath } from "../model/path.ts";
import type { Skip } from "../model/skip.ts";
import type { Symptom } from "../model/symptom.ts";
import { skipWithoutFamily, unsaidNeeds, type Needs } from "./needs.ts";

export * from "../faults/builders.ts";
export * from "./conditions.ts";

/** The facts that a claim may depend on. */
export interface CellContext {
  readonly cell: Cell;
  readonly traits: Traits;
}

/** A claim that depends on the cell. */
export type Conditional = (context: CellContext) => Claimed;

/** One claim, as a suite writes it. */
export interface ScenarioSpec {
  /** One sentence: what breaks, and for which clients. */
  readonly claim: string;
  /** Sources of the claim: URLs, documents, issue numbers. */
  readonly documented: readonly string[];
  /** The fault, or a function of the cluster if it needs an address or a trait. */
  readonly fault: NodeFault | readonly NodeFault[] | ((context: FaultContext) => NodeFault | readonly NodeFault[]);
  /**
   * The symptom of each path under the fault; paths with `ok` are the controls. A key is a path of lib/model/path.ts:
   * `same → server by ClusterIP`.
   */
  readonly expect: Readonly<Record<string, Claimed | Conditional>>;
  readonly recovers: Recovery;
  /**
   * The agent that is claimed to undo the fault, or null in cells without one. `expect` then holds after its repair.
   */
  readonly healsItself?: (context: CellContext) => SelfHealing | null;
  /**
   * How long the symptom may take to show; absent if it shows at once. A pod that must crash needs time, for example.
   */
  readonly appears?: Budget;
  /** Default: any cluster of two nodes will do. */
  readonly needs?: Needs;
  /** Returns why the scenario makes no sense in a cell, or null if it does: a skip always has a reason. */
  readonly skipWhen?: (context: CellContext) => string | null;
  /** The reason that every path shows the same with the fault on the other node. Selfcheck tests this claim too. */
  readonly sameOnEitherNode?: string;
  /** Returns why the fault cannot be put on the other node in a cell, or null where it can. For selfcheck. */
  readonly notOnOtherNode?: (context: CellContext) => string | null;
}

export interface Budget {
  readonly withinMs: number;
}

export interface Recovery extends Budget {
  readonly notUntil?: NotUntil;
}

/** The symptom outlasts its cause, until something else happens. */
export interface NotUntil {
  /** Completes "does not recover until …". */
  readonly what: string;
  /** How long the probes watch it last. */
  readonly lastsMs: number;
}

/** An agent undoes a fault by itself. */
export interface SelfHealing {
  /** The agent's name: `flannel`. */
  readonly by: string;
  /** The kind of the fault that the agent undoes; other faults stay. */
  readonly kind: Fault["kind"];
  readonly withinMs: number;
  /** Symptoms by path; each path must show one of its symptoms at least once before the repair. */
  readonly meanwhile: Readonly<Record<string, readonly Symptom[]>>;
}

/** A claim with its title; `id` is its file under suites/, without the extension. */
export interface Scenario extends ScenarioSpec {
  readonly id: string;
  readonly title: string;
}

/** Returns a budget in ms: `within(seconds(5))`. */
export function within(withinMs: number): Budget {
  return { withinMs };
}

/**
 * Returns a recovery that needs something to happen first: `notUntil("flannel restarts", { lastsMs: seconds(5),
 * withinMs: seconds(5) })`. The symptom lasts at least `lastsMs`; after the event, all paths are ok within `withinMs`.
 */
export function notUntil(what: string, { lastsMs, withinMs }: { lastsMs: number; withinMs: number }): Recovery {
  return { withinMs, notUntil: { what, lastsMs } };
}

/** Converts seconds to ms. */
export function seconds(count: number): number {
  return count * 1000;
}

/** Returns why static routes cannot join clusters in a cell, or null if they can. For `skipWhen`. */
export function whyNotJoined({ traits }: CellContext): string | null {
  if (traits.ownAddressBlocks)
    return "pods' addresses are outside their node's pod CIDR, so no static route leads to them";
  return traits.dataplane === "ebpf"
    ? "BPF programs route and masquerade pods' packets and ignore the node's routes and rules"
    : null;
}

/** Returns the skip of a suite whose needs or whose own `skipWhen` exclude a cell, or null. Pure. */
export function skipInCell(scenario: Pick<ScenarioSpec, "needs" | "skipWhen">, context: CellContext): Skip | null {
  const withoutFamily = skipWithoutFamily(scenario, context.cell);
  if (withoutFamily !== null) return withoutFamily;
  const reason = scenario.skipWhen?.(context) ?? null;
  return reason === null ? null : { code: "cell", reason };
}

/** Returns the faults of a scenario in a cluster. */
export function faultsOf(scenario: ScenarioSpec, context: FaultContext): readonly NodeFault[] {
  const faults = typeof scenario.fault === "function" ? scenario.fault(context) : scenario.fault;
  return "node" in faults ? [faults] : faults;
}

/** Returns the agent that is claimed to undo a fault in a cell, or null if there is no such claim. */
export function healingOf(scenario: ScenarioSpec, context: CellContext): SelfHealing | null {
  return scenario.healsItself?.(context) ?? null;
}

/** Returns the expectation of each path that exists in a cell (see leftOutOf). Throws UsageError as parsePath does. */
export function expectationsOf(scenario: ScenarioSpec, context: CellContext): Record<string, Expectation> {
  const leftOut = leftOutOf(scenario, context);
  const entries = Object.entries(scenario.expect)
    .filter(([path]) => leftOut[path] === undefined)
    .map(([path, claimed]) => {
      return [path, expectation(typeof claimed === "function" ? claimed(context) : claimed)] as const;
    });
  return Object.fromEntries(entries);
}

/**
 * Returns the paths without a claim in a cell, each with its reason: they name an IP family that the cell lacks. Throws
 * UsageError as parsePath does.
 */
export function leftOutOf(scenario: Pick<ScenarioSpec, "expect">, { cell }: CellContext): Record<string, string> {
  const reasonFor = (path: string): string | null => {
    const { family } = parsePath(path);
    return family === undefined || familiesOf(cell).includes(family) ? null : `the cell has no ${family}`;
  };
  return Object.fromEntries(
    Object.keys(scenario.expect).flatMap((path): readonly (readonly [string, string])[] => {
      const reason = reasonFor(path);
      return reason === null ? [] : [[path, reason]];
    }),
  );
}

/** Throws UsageError with the suite's id if a path cannot be parsed, the suite claims nothing, or hides a need. */
export function checkScenario(scenario: Scenario): void {
  const paths = Object.keys(scenario.expect);
  if (paths.length === 0) throw new UsageError(`suite ${scenario.id}: "${scenario.title}" expects nothing of any path`);
  for (const path of paths) {
    try {
      parsePath(path);
    } catch (error) {
      throw new UsageError(
        `suite ${scenario.id}: ${(error as Error).message}`,
        `correct the path in suites/${scenario.id}.ts`,
      );
    }
  }
  const [unsaid] = unsaidNeeds(scenario);
  if (unsaid !== undefined)
    throw new UsageError(`suite ${scenario.id}: ${unsaid}`, `correct needs in suites/${scenario.id}.ts`);
}
