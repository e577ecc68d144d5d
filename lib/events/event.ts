import type { Cell } from "../model/cell.ts";
import type { Containers } from "../model/cluster.ts";
import type { Kept } from "../evidence/index-file.ts";
import type { Expectation } from "../model/expectation.ts";
import type { NodeFault } from "../faults/contract/fault.ts";
import type { Mode, Nth, Phase } from "../model/mode.ts";
import type { NodeRole, Size } from "../model/nodes.ts";
import type { Observation } from "../probes/probe.ts";
import type { Explanation } from "../model/explanation.ts";
import type { NotUntil, SelfHealing } from "../scenario/spec.ts";

/**
 * Everything that happens to a cell, as it happens: one JSON object a line of `runs/ID/cells/CELL/events.ndjson`. Verdicts and reports are
 * pure functions of these lines, so a field that a verdict needs belongs here and nowhere else.
 */
export type Event = {
  /** Wall clock, ms since the epoch: for people. It may jump, so nothing is counted by it. */
  readonly atMs: number;
  /** Ms since the machine started (lib/host/clock.ts): durations are counted by it. Logs of version 0.1.0 lack it. */
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
  /** The container of each node role, so that a report can name it. */
  | { readonly type: "nodes"; readonly containers: Containers }
  /** What the suites of the coming stage are, so that one that never began is not lost. */
  | { readonly type: "planned"; readonly mode: Mode; readonly scenarios: readonly PlannedScenario[] }
  /** A hand-written mocha test of a suite, as it ended. */
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

/** How a cell comes to be, in order. */
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
      /** Paths of the suite that the cell does not have, each with the reason; absent in older logs. */
      readonly leftOut?: Readonly<Record<string, string>>;
      readonly recoversWithinMs: number;
      /** How long the symptom may take to show; absent in older logs. */
      readonly appearsWithinMs?: number;
      /** It is claimed to last until this. */
      readonly notUntil?: NotUntil;
      /** Somebody else is claimed to undo the fault. */
      readonly healsItself?: SelfHealing;
      readonly nth?: Nth;
      /** How many the cluster has; absent for two. */
      readonly nodes?: Size;
    }
  | { readonly type: "skipped"; readonly reason: string }
  | {
      readonly type: "round";
      readonly phase: Phase;
      readonly number: number;
      readonly observations: readonly Observation[];
      /** Measured to show that the symptom lasts. */
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
  /** A reading found the fault gone, and nobody of us had undone it. */
  | {
      readonly type: "drifted";
      readonly faultId: string;
      readonly fault: NodeFault;
      /** Since it was put in force. */
      readonly afterMs: number;
      /** When the last reading began that still found it in force, since it was put in force. Absent in older logs. */
      readonly lastSeenMs?: number;
      /** What the node said instead: the changed object. */
      readonly detail: string;
      /** What the node's agents had logged meanwhile, the last lines of each. */
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
  /** A fault that the journal leaves open and no `healed` tells of: its injection failed and then its undo, or the undo after the suites did. */
  | { readonly type: "not-undone"; readonly faultId: string; readonly fault: NodeFault; readonly detail: string }
  | { readonly type: "recovered"; readonly afterMs: number }
  | { readonly type: "not-recovered"; readonly afterMs: number }
  | { readonly type: "node-state"; readonly node: NodeRole; readonly differences: readonly string[] }
  | { readonly type: "error"; readonly message: string }
  /** What is kept of the captures and the nodes' states; `dir` is relative to the cell's folder, null where nothing is. */
  | {
      readonly type: "evidence";
      readonly dir: string | null;
      readonly kept: Kept;
      readonly files: number;
      readonly bytes: number;
      /** What could not be had, a line each. */
      readonly trouble: readonly string[];
    }
  /** Why paths showed what they showed, from the evidence: computed once, so that a verdict needs nothing but the log. */
  | { readonly type: "explained"; readonly explanations: readonly Explanation[] }
  | { readonly type: "scenario-finished"; readonly durationMs: number }
);
