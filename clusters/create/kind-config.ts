import { stringify } from "yaml";
import type { Cell } from "../../lib/model/cell.ts";
import { kubeadmPatches } from "../image/kubeadm.ts";
import { cniOf } from "../cells/cells.ts";
import type { NodeImage } from "../image/node-image.ts";
import { patience } from "../../lib/host/time-scale.ts";
import { emulatedPatches, PATCHES_DIR } from "./emulated.ts";
import { ownSubnets, type Subnets } from "../addressing/subnets.ts";

/** Paths of this machine that nodes see; undefined for none. */
export interface MountedOnNodes {
  /** Folder with kubeadm's patches of static pods: for the control plane. */
  readonly staticPods?: string | undefined;
  /** What every node reads as /proc/cpuinfo. */
  readonly cpuInfo?: string | undefined;
}

/**
 * kind's configuration for a cell: one control plane and one worker, or as many as asked, and no CNI of kind's own but where the cell is about that. A control plane
 * alone is given no taint by kind. Pure.
 */
export function kindConfig(
  cell: Cell,
  image: Pick<NodeImage, "origin" | "kubernetesVersion">,
  subnets: Subnets = ownSubnets(cell.ipFamily),
  workers = 1,
  onNodes: MountedOnNodes = {},
): string {
  const emulated = emulatedPatches(patience());
  return stringify({
    kind: "Cluster",
    apiVersion: "kind.x-k8s.io/v1alpha4",
    networking: {
      ipFamily: cell.ipFamily,
      disableDefaultCNI: cniOf(cell).install.by !== "kind",
      kubeProxyMode: cell.proxyMode === "ipvs-sh" ? "ipvs" : cell.proxyMode,
      podSubnet: subnets.pods.join(","),
      serviceSubnet: subnets.services.join(","),
      // Also where Kubernetes has IPv6 only: the nodes' Docker network has both families.
      apiServerAddress: "127.0.0.1",
    },
    nodes: nodes(workers, onNodes),
    kubeadmConfigPatches: [
      ...kubeadmPatches(image.origin, image.kubernetesVersion),
      ...schedulerPatch(cell),
      ...emulated.kubeadm.map((patch) => JSON.stringify(patch)),
      ...(onNodes.staticPods === undefined ? [] : [STATIC_PODS_PATCH]),
    ],
  });
}

/** kube-proxy's scheduler where it is not its own default, rr (KubeProxyConfiguration, ipvs.scheduler). */
function schedulerPatch({ proxyMode }: Cell): readonly string[] {
  if (proxyMode !== "ipvs-sh") return [];
  return [JSON.stringify({ kind: "KubeProxyConfiguration", ipvs: { scheduler: "sh" } })];
}

const STATIC_PODS_PATCH = JSON.stringify({ kind: "InitConfiguration", patches: { directory: PATCHES_DIR } });

function nodes(workers: number, { staticPods, cpuInfo }: MountedOnNodes): readonly object[] {
  const everywhere = mounted(cpuInfo, "/proc/cpuinfo");
  const controlPlane = node("control-plane", [...everywhere, ...mounted(staticPods, PATCHES_DIR)]);
  return [controlPlane, ...Array.from({ length: workers }, () => node("worker", everywhere))];
}

function node(role: "control-plane" | "worker", extraMounts: readonly object[]): object {
  return { role, ...(extraMounts.length === 0 ? {} : { extraMounts }) };
}

function mounted(hostPath: string | undefined, containerPath: string): readonly object[] {
  return hostPath === undefined ? [] : [{ hostPath, containerPath, readOnly: true }];
}
