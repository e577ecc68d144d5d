import { familiesOf, type Cell, type Family } from "../model/cell.ts";
import type { NodeFault } from "../faults/registry.ts";
import { isOnThird, PEERS, peersOn, type Peer } from "../model/path.ts";
import type { Skip } from "../model/skip.ts";

/** What a scenario needs beyond a cluster of two nodes. Needs of another node or cluster cost time: see isOnRequest. */
export interface Needs {
  /** A path or a fault is on node C. */
  readonly nodes?: 3;
  /** Paths lead to these further clusters, or come from them. */
  readonly peers?: readonly Peer[];
  /** The cell has these IP families. A path of a family that is not needed is left out where the cell lacks it. */
  readonly families?: readonly Family[];
}

interface Needing {
  readonly needs?: Needs;
}

/** Returns true if a scenario runs only when a filter names it, since it needs a further node or cluster. Pure. */
export function isOnRequest({ needs }: Needing): boolean {
  return needs?.nodes !== undefined || (needs?.peers ?? []).length > 0;
}

/** Returns the skip of a scenario in a cell that lacks an IP family that it needs, or null. Pure. */
export function skipWithoutFamily({ needs }: Needing, cell: Cell): Skip | null {
  const lacking = needs?.families?.find((family) => !familiesOf(cell).includes(family));
  return lacking === undefined ? null : { code: "cell", reason: `the cell has no ${lacking}` };
}

/**
 * Returns a sentence on each need that a suite's paths and fixed faults show but its `needs` does not say, or says but
 * its paths do not show. Throws UsageError as parsePath does. Pure.
 */
export function unsaidNeeds({
  needs = {},
  expect,
  fault,
}: Needing & { readonly expect: Readonly<Record<string, unknown>>; readonly fault: unknown }): readonly string[] {
  const paths = Object.keys(expect);
  const onThird = paths.some(isOnThird) || fixedFaults(fault).some(({ node }) => node === "C");
  const unsaid = onThird && needs.nodes === undefined ? ["it names node C; add needs: { nodes: 3 }"] : [];
  const used = new Set(paths.flatMap(peersOn));
  const ofPeers = PEERS.flatMap((peer) => {
    const isSaid = needs.peers?.includes(peer) === true;
    if (used.has(peer) === isSaid) return [];
    return [isSaid ? `no path has its peer ${peer}` : `a path has ${peer}; add needs: { peers: ["${peer}"] }`];
  });
  return [...unsaid, ...ofPeers];
}

/** A fault that is a function of the cluster is known only there. */
function fixedFaults(fault: unknown): readonly NodeFault[] {
  if (typeof fault === "function") return [];
  return Array.isArray(fault) ? (fault as readonly NodeFault[]) : [fault as NodeFault];
}
