import type { Cell } from "../model/cell.ts";
import type { Containers } from "../model/cluster.ts";
import type { KeptAmount } from "../evidence/index-file.ts";
import type { Expectation } from "../model/expectation.ts";
import type { NodeFault } from "../faults/registry.ts";
import type { Mode, Nth, Phase } from "../model/mode.ts";
import type { NodeRole, Size } from "../model/nodes.ts";
import type { Observation } from "../probes/probe.ts";
import type { Explanation } from "../model/explanation.ts";
import type { SkipCode } from "../model/skip.ts";
import type { NotUntil, SelfHealing } from "../scenario/spec.ts";

/**
 * Everything that happens to a cell, as it happens: one JSON object a line of `runs/ID/cells/CELL/events.ndjson`.
 * Verdicts and reports are pure functions of these lines, so every field that a verdict needs is a field of an event.
 */
export type Event = {
  /** Wall clock, ms since the epoch, for people. It may jump, so durations are not computed from it. */
  readonly atMs: number;
  /** Ms since the machine started (lib/host/clock.ts), for durations. Logs of version 0.1.0 lack it. */
  readonly upMs?: number;
} & (CellEvent | ScenarioEvent | { readonly type: "note"; readonly text: string });

export type CellEvent =
  | {
      readonly type: "cell-started";
      readonly runId: string;
      readonly cell: Cell;
      readonly facts: Readonly<Record<string, string>>;
    }
  | { readonly type: "stage-started"; readonly stage: Stage; readonly detail: string }
  | { readonly type: "stage-done"; readonly stage: Stage; readonly durationMs: number; readonly detail: string }
  | {
      readonly type: "stage-failed";
      readonly stage: Stage;
      readonly durationMs: number;
      readonly message: string;
      readonly exitCode: number;
    }
  /** The cluster that the events up to the next `cell-started` belong to. Absent in older logs. */
  | {
      readonly type: "cluster-started";
      readonly name: string;
      /** True for a cluster that an earlier run kept. */
      readonly reused: boolean;
    }
  /** The run leaves this cluster behind; `detail` says how to use and delete it. Absent in older logs. */
  | { readonly type: "cluster-kept"; readonly name: string; readonly detail: string }
  /** The container of each node role, for reports. */
  | { readonly type: "nodes"; readonly containers: Containers }
  /** The suites of the coming stage, so that a suite that never began still gets a result. */
  | { readonly type: "planned"; readonly mode: Mode; readonly scenarios: readonly PlannedScenario[] }
  /** The end of a hand-written mocha test of a suite. */
  | {
      readonly type: "test";
      readonly suite: string;
      readonly title: string;
      readonly mode: Mode;
      readonly passed: boolean;
      readonly message: string;
    }
  | { readonly type: "cell-finished"; readonly durationMs: number };

export interface PlannedScenario {
  readonly id: string;
  readonly title: string;
  readonly claim: string;
  readonly documented: readonly string[];
}

/** The stages of a cell. `peers` comes before `ready`, and only where a suite needs further clusters. */
export type Stage = "setup" | "node-image" | "cluster" | "cni" | "roles" | "ready" | "peers" | "suites" | "delete";

export type ScenarioEvent = { readonly scenario: string } & (
  | {
      readonly type: "scenario-started";
      readonly title: string;
      readonly claim: string;
      readonly documented: readonly string[];
      readonly mode: Mode;
      readonly faults: readonly NodeFault[];
      readonly expect: Readonly<Record<string, Expectation>>;
      /** Paths of the suite that the cell does not have, each with the reason. Absent in older logs. */
      readonly leftOut?: Readonly<Record<string, string>>;
      readonly recoversWithinMs: number;
      /** How long the symptom may take to show. Absent in older logs. */
      readonly appearsWithinMs?: number;
      /** The claim is that the symptom lasts until this happens. */
      readonly notUntil?: NotUntil;
      /** The claim is that an agent undoes the fault. */
      readonly healsItself?: SelfHealing;
      readonly nth?: Nth;
      /** Size of the cluster; absent for two nodes. */
      readonly nodes?: Size;
    }
  | {
      readonly type: "skipped";
      /** Absent in older logs. */
      readonly code?: SkipCode;
      readonly reason: string;
    }
  | {
      readonly type: "round";
      readonly phase: Phase;
      readonly number: number;
      readonly observations: readonly Observation[];
      /** This round shows that the symptom lasts. */
      readonly lasting?: true;
    }
  | { readonly type: "injected"; readonly faultId: string; readonly fault: NodeFault; readonly durationMs: number }
  | {
      readonly type: "read-back";
      readonly faultId: string;
      readonly when: "before" | "during" | "after";
      readonly inForce: boolean;
      readonly detail: string;
    }
  /** A reading found the fault gone, and Faultline had not undone it. */
  | {
      readonly type: "drifted";
      readonly faultId: string;
      readonly fault: NodeFault;
      /** Ms since injection. */
      readonly afterMs: number;
      /** Ms from injection to the start of the last reading that found the fault in force. Absent in older logs. */
      readonly lastSeenMs?: number;
      /** The reading: the changed object. */
      readonly detail: string;
      /** The last log lines of each of the node's agents since injection. */
      readonly agents: readonly string[];
    }
  /** The next round repeats the last one, for this reason. */
  | { readonly type: "measured-again"; readonly reason: string }
  | {
      readonly type: "healed";
      readonly faultId: string;
      readonly durationMs: number;
      readonly ok: boolean;
      readonly detail: string;
    }
  /**
   * A fault that is open in the journal and has no `healed` event: its injection and then its undo failed, or the
   * undo after the suites failed.
   */
  | { readonly type: "not-undone"; readonly faultId: string; readonly fault: NodeFault; readonly detail: string }
  | { readonly type: "recovered"; readonly afterMs: number }
  | { readonly type: "not-recovered"; readonly afterMs: number }
  | {
      readonly type: "node-state";
      readonly node: NodeRole;
      readonly differences: readonly string[];
      /** The run was stopped before the recovery budget was spent: the node may still have come back by itself. */
      readonly undecided?: true;
    }
  | { readonly type: "error"; readonly message: string }
  /** The captures and node states that are kept. */
  | {
      readonly type: "evidence";
      /** Relative to the cell's folder; null if nothing is kept. */
      readonly dir: string | null;
      readonly kept: KeptAmount;
      readonly files: number;
      readonly bytes: number;
      /** Evidence that could not be collected, one line each. */
      readonly trouble: readonly string[];
      readonly deferred?: true;
    }
  /**
   * The causes that the evidence shows, computed during the run, so that a verdict needs only the log. `deferred`, of
   * this event and of `evidence`: logged while the next scenario was under way, so the scenario had ended before.
   */
  | { readonly type: "explained"; readonly explanations: readonly Explanation[]; readonly deferred?: true }
  | { readonly type: "scenario-finished"; readonly durationMs: number }
);
