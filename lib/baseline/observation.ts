import type { Explanation } from "../model/explanation.ts";
import type { NodeName } from "../model/nodes.ts";
import type { PathFinding } from "./compare.ts";

/** What `observe` found of a cluster: `observation.json`. */
export interface Observed {
  readonly schemaVersion: 1;
  readonly runId: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly cluster: string;
  readonly cell: string;
  readonly outcome: Outcome;
  /** What is to be known of the cluster beforehand: a tainted node, a fault that a killed run left. */
  readonly notes: readonly string[];
  readonly baseline: { readonly runId: string; readonly recordedAt: string };
  readonly paths: readonly PathFinding[];
  /** What differs of the nodes' state, a line each. */
  readonly nodes: readonly { readonly node: NodeName; readonly differences: readonly string[] }[];
  readonly explanations: readonly Explanation[];
  /** Folder of the captures and node states, relative to this file; null where there is none. */
  readonly evidence: string | null;
  /** What of the evidence could not be had, a line each. */
  readonly trouble: readonly string[];
}

export type Outcome = "as-recorded" | "differs" | "unknown";

/** A path that differs outranks one that could not be told. What differs of a node's state is no path's: it is told, and counts only with `strict`. Pure. */
export function outcomeOf({ paths, nodes }: Pick<Observed, "paths" | "nodes">, strict: boolean): Outcome {
  const differs = nodes.some(({ differences }) => differences.length > 0);
  if (paths.some(({ finding }) => finding === "differs") || (strict && differs)) return "differs";
  return paths.length === 0 || paths.some(({ finding }) => finding === "unknown") ? "unknown" : "as-recorded";
}
