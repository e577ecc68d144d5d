import type { Cell, Traits } from "../cell.ts";
import type { Whereabouts } from "../cluster.ts";
import type { NodeRole } from "../faults/fault.ts";
import type { Role } from "../path.ts";

/** `where.json` of a scenario's evidence: whose the addresses in its captures are. */
export interface Places {
  readonly cell: Cell;
  readonly traits: Traits;
  readonly nodeIps: Readonly<Partial<Record<NodeRole, string>>>;
  readonly serviceIps: Readonly<Record<string, string>>;
  readonly nodePort: number;
  /** Pods by role, as they were when the captures began. */
  readonly pods: Readonly<Partial<Record<Role, { readonly name: string; readonly ip: string }>>>;
}

/** The places of a cluster, without what only this machine knows (processes, files). Pure. */
export function placesOf({ cluster, pods }: Whereabouts): Places {
  const { cell, traits, nodeIps, serviceIps, nodePort } = cluster;
  const named = Object.entries(pods).map(([role, { name, ip }]) => [role, { name, ip }] as const);
  return { cell, traits, nodeIps, serviceIps, nodePort, pods: Object.fromEntries(named) };
}
