export type { Traits } from "./traits.ts";

/** kube-proxy's mode. `ipvs-sh`: ipvs that schedules by source hash instead of round robin. `none`: no kube-proxy. */
export type ProxyMode = "iptables" | "ipvs" | "ipvs-sh" | "nftables" | "none";
export type IpFamily = "ipv4" | "ipv6" | "dual";
/** One of a cell's IP families, as paths name it. */
export type Family = "IPv4" | "IPv6";

/** One point of the matrix, from which a cluster is made. */
export interface Cell {
  readonly cni: string;
  readonly cniVersion: string;
  readonly proxyMode: ProxyMode;
  readonly kubernetesVersion: string;
  readonly ipFamily: IpFamily;
  /** That of a virtual machine the cluster runs in, `um:newest`; absent where it is this machine's own. */
  readonly kernel?: string | undefined;
}

/** Returns the cell's name: `flannel@0.28.4/iptables/1.34.4/ipv4`, with the kernel if it is not the host's. */
export function cellId(cell: Cell): string {
  const { cni, cniVersion, proxyMode, kubernetesVersion, ipFamily, kernel } = cell;
  const parts = [`${cni}@${cniVersion}`, proxyMode, kubernetesVersion, ipFamily];
  return [...parts, ...(kernel === undefined ? [] : [kernel])].join("/");
}

/** Returns the IP families of a cell's pods, Services and nodes. A way that names no family means the first. */
export function familiesOf({ ipFamily }: Pick<Cell, "ipFamily">): readonly [Family, ...Family[]] {
  if (ipFamily === "dual") return ["IPv4", "IPv6"];
  return ipFamily === "ipv4" ? ["IPv4"] : ["IPv6"];
}
