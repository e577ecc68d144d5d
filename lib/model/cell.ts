export type { Traits } from "./traits.ts";

/** `ipvs-sh`: ipvs that schedules by the source's hash instead of round robin. */
export type ProxyMode = "iptables" | "ipvs" | "ipvs-sh" | "nftables" | "none";
export type IpFamily = "ipv4" | "ipv6" | "dual";
/** One of a cell's IP families, as paths name it. */
export type Family = "IPv4" | "IPv6";

/** One point of the matrix; it becomes a cluster. */
export interface Cell {
  readonly cni: string;
  readonly cniVersion: string;
  readonly proxyMode: ProxyMode;
  readonly kubernetesVersion: string;
  readonly ipFamily: IpFamily;
  /** That of a virtual machine the cluster runs in, `debian:6.12`; absent where it is this machine's own. */
  readonly kernel?: string | undefined;
}

/** The cell's name everywhere: `flannel@0.28.4/iptables/1.34.4/ipv4`, and the kernel where it is not the host's. */
export function cellId(cell: Cell): string {
  const { cni, cniVersion, proxyMode, kubernetesVersion, ipFamily, kernel } = cell;
  const parts = [`${cni}@${cniVersion}`, proxyMode, kubernetesVersion, ipFamily];
  return [...parts, ...(kernel === undefined ? [] : [kernel])].join("/");
}

/** The IP families of a cell's pods, Services and nodes; the first is the one that is meant where none is named. */
export function familiesOf({ ipFamily }: Pick<Cell, "ipFamily">): readonly [Family, ...Family[]] {
  if (ipFamily === "dual") return ["IPv4", "IPv6"];
  return ipFamily === "ipv4" ? ["IPv4"] : ["IPv6"];
}
