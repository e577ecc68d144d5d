import type { Cell } from "../model/cell.ts";
import type { Event, Stage } from "../events/event.ts";
import type { Mode } from "../model/mode.ts";
import type { Verdict } from "../model/verdict.ts";
import type { NodeRole } from "../model/nodes.ts";
import type { SkipCode } from "../model/skip.ts";
import type { Symptom } from "../model/symptom.ts";
import type { Explanation } from "../model/explanation.ts";

export interface Judgement {
  readonly verdict: Verdict;
  /** One line: the fact that decided it. */
  readonly reason: string;
}

/** One invocation as every report sees it: the content of `runs/ID/report.json` (docs/report.schema.json). */
export interface Run {
  readonly schemaVersion: 1;
  readonly runId: string;
  readonly startedAt: string;
  readonly durationMs: number;
  /** The argv that repeats the run. */
  readonly command: readonly string[];
  /** Versions and host facts: `docker`, `kind`, `kernel`, … */
  readonly facts: Readonly<Record<string, string>>;
  readonly summary: Readonly<Record<Verdict, number>>;
  /** How many of the unknown results passed in one try and failed in another. */
  readonly flaky: number;
  readonly cells: readonly CellResult[];
  readonly results: readonly ScenarioResult[];
}

export interface CellResult {
  readonly cell: string;
  readonly parts: Cell;
  readonly stages: readonly { readonly stage: Stage; readonly durationMs: number; readonly detail: string }[];
  /** Why the cell never got to its suites; null if it did. */
  readonly failure: { readonly stage: Stage; readonly message: string } | null;
  /** Nodes that did not come back. The run stops using their cluster and exits with 5. */
  readonly tainted: readonly TaintedNode[];
  /** The clusters that the cell ran on: one, and a replacement for each tainted one. */
  readonly clusters: readonly ClusterUse[];
}

export interface ClusterUse {
  readonly name: string;
  /** The taint that moved the remaining scenarios to the next cluster; null for the last cluster. */
  readonly replacedBecause: string | null;
}

/** A node that a scenario left changed: an undo failed, or its state differed when the recovery budget was spent. */
export interface TaintedNode {
  readonly node: NodeRole;
  /** Its container; null if the log does not name it. */
  readonly container: string | null;
  readonly scenario: string;
  /** One line: the undo's error, or the first differences. */
  readonly why: string;
}

/** One scenario in one cell. */
export interface ScenarioResult {
  /** The suite's path without its extension: `services/bridge-nf-call-iptables`. */
  readonly scenario: string;
  readonly title: string;
  readonly claim: string;
  readonly cell: string;
  /** The cluster it ran on; null if it never ran. */
  readonly cluster: string | null;
  readonly mode: Mode;
  readonly verdict: Verdict;
  /** One line: the fact that decided it. */
  readonly reason: string;
  /** Why it was skipped, for programs; null if it was not skipped, or the log does not say. */
  readonly skipCode: SkipCode | null;
  readonly faults: readonly string[];
  readonly documented: readonly string[];
  readonly paths: readonly PathResult[];
  /** Paths of the suite without a claim in this cell. */
  readonly leftOut: readonly LeftOutPath[];
  readonly times: Times;
  /** Differences of the nodes' state from the baseline after recovery, one line each. */
  readonly nodeStateDifferences: readonly string[];
  /** Folder of its captures and node states, relative to the cell's; null if none are kept. */
  readonly evidence: string | null;
  /** Causes of the symptoms, the likeliest first; empty if all paths were ok or no evidence was taken. */
  readonly explanations: readonly Explanation[];
  /** Every run of the scenario: retries after a fail, and requested repeats. */
  readonly tries: readonly Try[];
  /** How often it passed; null unless repeats were requested. */
  readonly rate: Rate | null;
  /** It passed in one try and failed in another. */
  readonly flaky: boolean;
  /** The command that runs just this scenario again. */
  readonly reproduce: string;
}

export interface LeftOutPath {
  readonly path: string;
  /** `the cell has no IPv6`. */
  readonly reason: string;
}

export interface Try {
  /** Both count from 1. */
  readonly repeat: number;
  readonly attempt: number;
  readonly verdict: Verdict;
  readonly reason: string;
}

/** `low` and `high`: 95 % interval of the share that passes, 0 to 1. */
export interface Rate {
  readonly passed: number;
  readonly decided: number;
  readonly unknown: number;
  readonly low: number;
  readonly high: number;
}

export interface PathResult {
  readonly path: string;
  /** The claim is that the fault leaves this path ok. */
  readonly control: boolean;
  /** In words: `connect-timeout`, `ok, untranslated`, `50 % of 40 dns-wrong-source or dns-timeout`. */
  readonly expected: string;
  /** In words, counted: `connect-timeout ×3`, `ok ×2, unknown ×1`. */
  readonly observed: string;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly symptoms: Readonly<Partial<Record<Symptom, number>>>;
  /** Lookups and failures of each replica of a Service. Empty unless the claim needs them. */
  readonly replicas: readonly ReplicaCount[];
}

export interface ReplicaCount {
  /** A role, or an address that belongs to no role. */
  readonly replica: string;
  readonly asked: number;
  readonly failed: number;
}

/** Durations of a scenario's parts; null for a part that did not happen. */
export interface Times {
  readonly steadyMs: number | null;
  readonly injectMs: number | null;
  /** From injection to the end of the probes under the fault. */
  readonly proveMs: number | null;
  readonly healMs: number | null;
  readonly recoveryMs: number | null;
  readonly totalMs: number;
}

/** The content of a run directory: enough to judge the run again. */
export interface RunRecord {
  readonly runId: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly command: readonly string[];
  readonly facts: Readonly<Record<string, string>>;
  readonly logs: readonly (readonly Event[])[];
}
