export type ProxyMode = "iptables" | "ipvs" | "nftables" | "none";
export type IpFamily = "ipv4" | "ipv6" | "dual";

/** One point of the matrix; it becomes a cluster. */
export interface Cell {
  readonly cni: string;
  readonly cniVersion: string;
  readonly proxyMode: ProxyMode;
  readonly kubernetesVersion: string;
  readonly ipFamily: IpFamily;
}

/** The cell's name everywhere: `flannel@0.28.4/iptables/1.34.4/ipv4`. */
export function cellId(cell: Cell): string {
  return `${cell.cni}@${cell.cniVersion}/${cell.proxyMode}/${cell.kubernetesVersion}/${cell.ipFamily}`;
}

/** What a CNI does on a node, stated by its folder under clusters/cni; expectations are keyed by these, never by names. */
export interface Traits {
  /** Name of the Linux bridge that joins a node's pods, or null when there is none. */
  readonly bridge: string | null;
  readonly overlay: { readonly kind: "vxlan"; readonly device: string; readonly udpPort: number } | null;
  /** What its agent puts back by itself; absent where it looks after nothing. */
  readonly resync?: Resync;
}

/** An agent that looks after an iptables rule of its own. */
export interface Resync {
  readonly by: string;
  /** The rule of the FORWARD chain that accepts the pods' traffic. */
  readonly rule: { readonly table: "filter"; readonly chain: "FORWARD"; readonly target: string };
  /** How often it looks. */
  readonly everyMs: number;
}
