export type { Traits } from "./traits.ts";

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
