import { stringify } from "yaml";
import type { Cell } from "../lib/cell.ts";
import { kubeadmPatches } from "./image/kubeadm.ts";
import { cniOf } from "./cells.ts";
import type { NodeImage } from "./image/node-image.ts";
import { patience } from "../lib/patience.ts";
import { emulatedPatches, PATCHES_DIR } from "./emulated.ts";
import { ownSubnets, type Subnets } from "./subnets.ts";

/**
 * kind's configuration for a cell: one control plane and one worker, or as many as asked, and no CNI of kind's own but where the cell is about that. A control plane
 * alone is given no taint by kind. `staticPodsFrom`: folder of this machine with kubeadm's patches of static pods, where there are any. Pure.
 */
export function kindConfig(
  cell: Cell,
  image: Pick<NodeImage, "origin" | "kubernetesVersion">,
  subnets: Subnets = ownSubnets(cell.ipFamily),
  workers = 1,
  staticPodsFrom?: string,
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
    nodes: [controlPlane(staticPodsFrom), ...Array.from({ length: workers }, () => ({ role: "worker" }))],
    kubeadmConfigPatches: [
      ...kubeadmPatches(image.origin, image.kubernetesVersion),
      ...schedulerPatch(cell),
      ...emulated.kubeadm.map((patch) => JSON.stringify(patch)),
      ...(staticPodsFrom === undefined ? [] : [STATIC_PODS_PATCH]),
    ],
  });
}

/** kube-proxy's scheduler where it is not its own default, rr (KubeProxyConfiguration, ipvs.scheduler). */
function schedulerPatch({ proxyMode }: Cell): readonly string[] {
  if (proxyMode !== "ipvs-sh") return [];
  return [JSON.stringify({ kind: "KubeProxyConfiguration", ipvs: { scheduler: "sh" } })];
}

const STATIC_PODS_PATCH = JSON.stringify({ kind: "InitConfiguration", patches: { directory: PATCHES_DIR } });

function controlPlane(staticPodsFrom: string | undefined): object {
  if (staticPodsFrom === undefined) return { role: "control-plane" };
  const mount = { hostPath: staticPodsFrom, containerPath: PATCHES_DIR, readOnly: true };
  return { role: "control-plane", extraMounts: [mount] };
}
