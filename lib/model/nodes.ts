import { UndecidedError } from "../host/errors.ts";

/** A cluster's nodes. C, a second worker, exists only if a scenario of the run needs three nodes. */
export const NODES = ["A", "B", "C"] as const;
export type NodeName = (typeof NODES)[number];
/** The targets of faults. */
export const NODE_ROLES = [...NODES, "control-plane"] as const;
export type NodeRole = (typeof NODE_ROLES)[number];

/** One value a node; `C` only in a cluster of three. */
export type OfNodes<T> = Readonly<Record<"A" | "B", T>> & { readonly C?: T };

/** Number of nodes in a cluster. */
export type Size = 2 | 3;

/** Returns the nodes that have a value, in order. Pure. */
export function nodesOf(values: Readonly<Partial<Record<NodeName, unknown>>>): readonly NodeName[] {
  return NODES.filter((node) => values[node] !== undefined);
}

/** Returns `make` of each node, computed concurrently. Rejects as `make` does. */
export async function ofEach<T>(nodes: readonly NodeName[], make: (node: NodeName) => Promise<T>): Promise<OfNodes<T>> {
  const made = await Promise.all(nodes.map(async (node) => [node, await make(node)] as const));
  return Object.fromEntries(made) as unknown as OfNodes<T>;
}

/** Returns the value of one node role. Throws UndecidedError if the cluster has no such node. */
export function ofNode<T>(values: Readonly<Partial<Record<NodeRole, T>>>, node: NodeRole): T {
  const value = values[node];
  if (value !== undefined) return value;
  throw new UndecidedError(`the cluster has no node ${node}`, THREE_NODES);
}

/** Tells the user how to get a cluster with three nodes. */
export const THREE_NODES =
  "a run makes three nodes if one of its suites needs them (needs: { nodes: 3 }): leave out --cluster";
