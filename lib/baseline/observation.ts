import type { Explanation } from "../model/explanation.ts";
import type { NodeName } from "../model/nodes.ts";
import type { PathFinding } from "./compare.ts";

/** The result of `observe`: `observation.json`. */
export interface Observed {
  readonly schemaVersion: 1;
  readonly runId: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly cluster: string;
  readonly cell: string;
  readonly outcome: Outcome;
  /** Warnings about the cluster: a tainted node, a fault that a killed run left. */
  readonly notes: readonly string[];
  readonly baseline: { readonly runId: string; readonly recordedAt: string };
  readonly paths: readonly PathFinding[];
  /** Differences of the nodes' state from the baseline, one line each. */
  readonly nodes: readonly { readonly node: NodeName; readonly differences: readonly string[] }[];
  readonly explanations: readonly Explanation[];
  /** Folder of the captures and node states, relative to this file; null if none are kept. */
  readonly evidence: string | null;
  /** Evidence that could not be collected, one line each. */
  readonly trouble: readonly string[];
}

export type Outcome = "as-recorded" | "differs" | "unknown";

/**
 * Returns the outcome of an observation. A differing path outranks an undecided one. A difference of a node's state
 * counts only with `strict`. Pure.
 */
export function outcomeOf({ paths, nodes }: Pick<Observed, "paths" | "nodes">, strict: boolean): Outcome {
  const differs = nodes.some(({ differences }) => differences.length > 0);
  if (paths.some(({ finding }) => finding === "differs") || (strict && differs)) return "differs";
  return paths.length === 0 || paths.some(({ finding }) => finding === "unknown") ? "unknown" : "as-recorded";
}
