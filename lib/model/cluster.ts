import type { Cell, Family, Traits } from "./cell.ts";
import type { Exec } from "../host/exec.ts";
import type { NodeRole, OfNodes } from "./nodes.ts";
import type { Peer, Role, Way } from "./path.ts";

/** A running cluster's lasting facts, as `runs/ID/cells/CELL/cluster.json` holds them. */
export interface ClusterRecord {
  readonly name: string;
  readonly cell: Cell;
  readonly traits: Traits;
  /** Only this run's own; mode 0600. */
  readonly kubeconfig: string;
  /** Docker container of each node role; `control-plane` is one of A and B. */
  readonly containers: Containers;
  /** Docker container of the `outside` role. */
  readonly outside: string;
  /** Of the cell's first IP family (familiesOf in cell.ts), as are serviceIps. */
  readonly nodeIps: OfNodes<string>;
  readonly serviceIps: Readonly<Record<"server" | "dns", string>>;
  /** Of the cell's second IP family; absent where it has one only. */
  readonly second?: SecondFamily;
  readonly nodePort: number;
  /** Further clusters on its network, made where scenarios need them. */
  readonly peers?: Readonly<Partial<Record<Peer, PeerRecord>>>;
  /** What listens in `outside`, as if it were a pod there; started where scenarios need it. */
  readonly balancer?: PodPlace | undefined;
}

/** By node role. */
export type Containers = OfNodes<string> & { readonly "control-plane": string };

/** A cluster of one node, joined to another by routes. Nothing is ever broken in it, so its pods stay where they are. */
export interface PeerRecord {
  readonly name: string;
  readonly kubeconfig: string;
  /** Its node's Docker container. */
  readonly container: string;
  readonly pods: readonly PodPlace[];
}

export type SecondFamily = Pick<ClusterRecord, "nodeIps" | "serviceIps">;

/** Where the roles are just now; pods come and go, so it is taken anew for each scenario. */
export interface Whereabouts {
  readonly cluster: ClusterRecord;
  readonly pods: Readonly<Partial<Record<Role, PodPlace>>>;
}

export interface PodPlace {
  readonly name: string;
  /** Of the cell's first IP family. */
  readonly ip: string;
  /** Of its second one; absent where it has one only. */
  readonly secondIp?: string;
  /** The sandbox's process as the node sees it; owner of the pod's network namespace. */
  readonly pid: number;
}

/** What the scenario engine needs of a running cluster; clusters/ makes it. */
export interface Cluster {
  readonly record: ClusterRecord;
  readonly exec: (place: NodeRole | "outside" | Peer) => Exec;
  readonly locate: () => Promise<Whereabouts>;
}

/** What a fault may ask of a cluster; `plan` answers with placeholders where there is no cluster yet. */
export interface FaultContext {
  readonly cell: Cell;
  readonly traits: Traits;
  /** Of the cell's first IP family, unless one is named. */
  readonly address: (role: Role, way: Way, family?: Family) => string;
}
