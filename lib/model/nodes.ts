import { UndecidedError } from "../host/errors.ts";

/**
 * A cluster's nodes. C, a second worker, is there only where a scenario of the run names a role on it, or puts a
 * fault there.
 */
export const NODES = ["A", "B", "C"] as const;
export type NodeName = (typeof NODES)[number];
/** Where a fault can be put. */
export const NODE_ROLES = [...NODES, "control-plane"] as const;
export type NodeRole = (typeof NODE_ROLES)[number];

/** Something of each node: of C only in a cluster of three. */
export type OfNodes<T> = Readonly<Record<"A" | "B", T>> & { readonly C?: T };

/** How many nodes a cluster has. */
export type Size = 2 | 3;

/** Which nodes these are of, in their order. Pure. */
export function nodesOf(things: Readonly<Partial<Record<NodeName, unknown>>>): readonly NodeName[] {
  return NODES.filter((node) => things[node] !== undefined);
}

/** The same of each node, made by `make` side by side. */
export async function ofEach<T>(nodes: readonly NodeName[], make: (node: NodeName) => Promise<T>): Promise<OfNodes<T>> {
  const made = await Promise.all(nodes.map(async (node) => [node, await make(node)] as const));
  return Object.fromEntries(made) as unknown as OfNodes<T>;
}

/** That of one node role. Throws UndecidedError where the cluster has no such node. */
export function ofNode<T>(things: Readonly<Partial<Record<NodeRole, T>>>, node: NodeRole): T {
  const found = things[node];
  if (found !== undefined) return found;
  throw new UndecidedError(`the cluster has no node ${node}`, THREE_NODES);
}

/** Tells the user how to get a cluster with three nodes. */
export const THREE_NODES = "a run makes three nodes if one of its suites names node C: leave out --cluster";
