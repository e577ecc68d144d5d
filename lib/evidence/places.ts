import { nodeOf } from "../model/address.ts";
import type { Cell, Traits } from "../model/cell.ts";
import type { Whereabouts } from "../model/cluster.ts";
import type { NodeRole } from "../model/nodes.ts";
import type { Role } from "../model/path.ts";

/** `where.json` of a scenario's evidence: whose the addresses in its captures are. */
export interface Places {
  readonly cell: Cell;
  readonly traits: Traits;
  readonly nodeIps: Readonly<Partial<Record<NodeRole, string>>>;
  readonly serviceIps: Readonly<Record<string, string>>;
  /** Of the cell's second IP family, where it has one. */
  readonly second?: Pick<Places, "nodeIps" | "serviceIps">;
  readonly nodePort: number;
  /** Pods by role, as they were when the captures began. */
  readonly pods: Readonly<
    Partial<Record<Role, { readonly name: string; readonly ip: string; readonly secondIp?: string }>>
  >;
}

/** The places of a cluster, without what only this machine knows (processes, files). Pure. */
export function placesOf({ cluster, pods }: Whereabouts): Places {
  const { cell, traits, nodeIps, serviceIps, second, nodePort } = cluster;
  const named = Object.entries(pods).map(([role, { name, ip, secondIp }]) => {
    return [role, { name, ip, ...(secondIp === undefined ? {} : { secondIp }) }] as const;
  });
  const both = second === undefined ? {} : { second };
  return { cell, traits, nodeIps, serviceIps, ...both, nodePort, pods: Object.fromEntries(named) };
}

/** Owner of the network namespace of each pod on a node, by role. Pure. */
export function podPidsOn({ pods }: Whereabouts, node: NodeRole): Readonly<Record<string, number>> {
  const mine = Object.entries(pods).filter(([role]) => nodeOf(role as Role) === node);
  return Object.fromEntries(mine.map(([role, { pid }]) => [role, pid]));
}
