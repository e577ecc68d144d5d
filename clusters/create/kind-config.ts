import { stringify } from "yaml";
import type { Cell } from "../../lib/model/cell.ts";
import { kubeadmPatches } from "../image/kubeadm.ts";
import { cniOf } from "../cells/cells.ts";
import type { NodeImage } from "../image/node-image.ts";
import type { TimeScale } from "../../lib/host/time-scale.ts";
import { emulatedPatches, PATCHES_DIR } from "./emulated.ts";
import { ownSubnets, type Subnets } from "../addressing/subnets.ts";

/** Paths of this machine that are mounted on nodes; undefined for none. */
export interface MountedOnNodes {
  /** Folder with kubeadm's patches of static pods, for the control plane. */
  readonly staticPods?: string | undefined;
  /** The file that every node has as /proc/cpuinfo. */
  readonly cpuInfo?: string | undefined;
}

/**
 * Returns kind's configuration for a cell, as YAML: one control plane, the given number of workers, and kind's own CNI
 * only where the cell asks for it. kind puts no taint on a control plane without workers. Pure.
 */
export function kindConfig(
  cell: Cell,
  image: Pick<NodeImage, "origin" | "kubernetesVersion">,
  timeScale: TimeScale,
  subnets: Subnets = ownSubnets(cell.ipFamily),
  workers = 1,
  onNodes: MountedOnNodes = {},
): string {
  const emulated = emulatedPatches(timeScale);
  return stringify({
    kind: "Cluster",
    apiVersion: "kind.x-k8s.io/v1alpha4",
    networking: {
      ipFamily: cell.ipFamily,
      disableDefaultCNI: cniOf(cell).install.by !== "kind",
      kubeProxyMode: cell.proxyMode === "ipvs-sh" ? "ipvs" : cell.proxyMode,
      podSubnet: subnets.pods.join(","),
      serviceSubnet: subnets.services.join(","),
      // Also for a cluster with IPv6 only: the nodes' Docker network has both families.
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

/**
 * Returns the patch of kube-proxy's ipvs scheduler where it is not the default, rr (KubeProxyConfiguration,
 * ipvs.scheduler).
 */
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
