import type { Cell } from "../model/cell.ts";
import type { Event, Stage } from "../events/event.ts";
import type { Mode } from "../model/mode.ts";
import type { Verdict } from "../model/verdict.ts";
import type { NodeRole } from "../model/nodes.ts";
import type { Symptom } from "../model/symptom.ts";
import type { Explanation } from "../model/explanation.ts";

/** One invocation as every report sees it: what `runs/ID/report.json` holds (docs/report.schema.json). */
export interface Run {
  readonly schemaVersion: 1;
  readonly runId: string;
  readonly startedAt: string;
  readonly durationMs: number;
  /** The argv that repeats it. */
  readonly command: readonly string[];
  /** Versions and host facts: `docker`, `kind`, `kernel`, … */
  readonly facts: Readonly<Record<string, string>>;
  readonly summary: Readonly<Record<Verdict, number>>;
  /** How many of the unknown ones held at one time and not at another. */
  readonly flaky: number;
  readonly cells: readonly CellResult[];
  readonly results: readonly ScenarioResult[];
}

export interface CellResult {
  readonly cell: string;
  readonly parts: Cell;
  readonly stages: readonly { readonly stage: Stage; readonly durationMs: number; readonly detail: string }[];
  /** Why the cell never got to its suites; null when it did. */
  readonly failure: { readonly stage: Stage; readonly message: string } | null;
  /** Nodes that did not come back; a cluster that has one is used no further, and exit is 5. */
  readonly tainted: readonly TaintedNode[];
  /** What it was run on: one cluster, and another in the place of each that was tainted. */
  readonly clusters: readonly ClusterUse[];
}

export interface ClusterUse {
  readonly name: string;
  /** The taint for which the rest was run on the next one; null of the last. */
  readonly replacedBecause: string | null;
}

/** A node that a scenario left other than it was: an undo failed, or its state differed from before when the recovery budget was spent. */
export interface TaintedNode {
  readonly node: NodeRole;
  /** Its container; null where the log does not tell. */
  readonly container: string | null;
  readonly scenario: string;
  /** One line: what the undo said, or the first differences. */
  readonly why: string;
}

/** One scenario in one cell. */
export interface ScenarioResult {
  /** The suite's path without ending: `services/bridge-nf-call-iptables`. */
  readonly scenario: string;
  readonly title: string;
  readonly claim: string;
  readonly cell: string;
  /** That it was run on; null where it was run on none. */
  readonly cluster: string | null;
  readonly mode: Mode;
  readonly verdict: Verdict;
  /** One line: what decided it. */
  readonly reason: string;
  readonly faults: readonly string[];
  readonly documented: readonly string[];
  readonly paths: readonly PathResult[];
  /** Paths of the suite of which nothing is claimed in this cell. */
  readonly leftOut: readonly LeftOut[];
  readonly times: Times;
  /** Node state that differed from the baseline afterwards, a line each. */
  readonly nodeStateDifferences: readonly string[];
  /** Folder of its captures and node states, relative to the cell's; null where none is kept. */
  readonly evidence: string | null;
  /** Why paths showed what they showed, the likeliest first; empty where everything was ok, or no evidence was taken. */
  readonly explanations: readonly Explanation[];
  /** Each time it was run: again after a fail, or as often as was asked for. */
  readonly tries: readonly Try[];
  /** How often it held; null unless it was asked to be repeated. */
  readonly rate: Rate | null;
  /** It held and did not hold. */
  readonly flaky: boolean;
  /** The command that runs just this one again. */
  readonly reproduce: string;
}

export interface LeftOut {
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
  /** In words: `connect-timeout`, `ok, untranslated`, `50 % dns-wrong-source or dns-timeout of 40`. */
  readonly expected: string;
  /** In words, counted: `connect-timeout ×3`, `ok ×2, unknown ×1`. */
  readonly observed: string;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly symptoms: Readonly<Partial<Record<Symptom, number>>>;
  /** Of a Service's replicas: how many lookups met each, and how many of those failed. Empty unless the claim asks for it. */
  readonly replicas: readonly ReplicaCount[];
}

export interface ReplicaCount {
  /** Role, or address where it is no role's. */
  readonly replica: string;
  readonly asked: number;
  readonly failed: number;
}

/** In ms; null where that part did not happen. */
export interface Times {
  readonly steadyMs: number | null;
  readonly injectMs: number | null;
  /** From injected to the end of the probes under fault. */
  readonly proveMs: number | null;
  readonly healMs: number | null;
  readonly recoveryMs: number | null;
  readonly totalMs: number;
}

/** What a run directory holds, read back: enough to judge it again. */
export interface RunRecord {
  readonly runId: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly command: readonly string[];
  readonly facts: Readonly<Record<string, string>>;
  readonly logs: readonly (readonly Event[])[];
}
