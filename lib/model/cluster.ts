import type { Cell, Family, Traits } from "./cell.ts";
import type { Exec } from "../host/exec.ts";
import type { TimeScale } from "../host/time-scale.ts";
import type { NodeRole, OfNodes } from "./nodes.ts";
import type { Peer, Role, Way } from "./path.ts";

/** The facts about a running cluster that do not change: the content of `runs/ID/cells/CELL/cluster.json`. */
export interface ClusterRecord {
  readonly name: string;
  readonly cell: Cell;
  readonly traits: Traits;
  /** Path of the cluster's own kubeconfig, mode 0600. */
  readonly kubeconfig: string;
  /** Docker container of each node role; `control-plane` is either A or B. */
  readonly containers: Containers;
  /** Docker container of the `outside` role. */
  readonly outside: string;
  /** Addresses of the cell's first IP family (familiesOf in cell.ts), like serviceIps. */
  readonly nodeIps: OfNodes<string>;
  readonly serviceIps: Readonly<Record<"server" | "dns", string>>;
  /** Addresses of the cell's second IP family; absent if it has only one. */
  readonly second?: SecondFamily;
  readonly nodePort: number;
  /** Further clusters on its network, made if scenarios need them. */
  readonly peers?: Readonly<Partial<Record<Peer, PeerRecord>>>;
  /** The load balancer's process in `outside`, recorded like a pod; started if scenarios need it. */
  readonly balancer?: PodPlace | undefined;
}

/** Docker container by node role. */
export type Containers = OfNodes<string> & { readonly "control-plane": string };

/** A cluster of one node, joined to another by routes. No fault goes into it, so its pods keep their addresses. */
export interface PeerRecord {
  readonly name: string;
  readonly kubeconfig: string;
  /** Docker container of its node. */
  readonly container: string;
  readonly pods: readonly PodPlace[];
}

export type SecondFamily = Pick<ClusterRecord, "nodeIps" | "serviceIps">;

/** The current places of the roles. Pods come and go, so each scenario locates them again. */
export interface Whereabouts {
  readonly cluster: ClusterRecord;
  readonly pods: Readonly<Partial<Record<Role, PodPlace>>>;
}

export interface PodPlace {
  readonly name: string;
  /** Address of the cell's first IP family. */
  readonly ip: string;
  /** Address of its second family; absent if it has only one. */
  readonly secondIp?: string;
  /** The sandbox's process id on the node; this process owns the pod's network namespace. */
  readonly pid: number;
}

/** A running cluster as the scenario engine needs it. clusters/ makes it. */
export interface Cluster {
  readonly record: ClusterRecord;
  /** Of the machine that it runs on. */
  readonly timeScale: TimeScale;
  /** Returns how to run commands in a place. Timeouts are multiplied by the time scale already. */
  readonly exec: (place: NodeRole | "outside" | Peer) => Exec;
  readonly locate: () => Promise<Whereabouts>;
}

/** The facts that a fault may ask of a cluster; `plan` answers with placeholders, because there is no cluster yet. */
export interface FaultContext {
  readonly cell: Cell;
  readonly traits: Traits;
  /** Returns an address of the named IP family, by default the cell's first. */
  readonly address: (role: Role, way: Way, family?: Family) => string;
}
