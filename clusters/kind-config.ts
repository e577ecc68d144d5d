import { stringify } from "yaml";
import type { Cell } from "../lib/cell.ts";
import { kubeadmPatches } from "./image/kubeadm.ts";
import { cniOf } from "./cells.ts";
import type { NodeImage } from "./image/node-image.ts";
import { patience } from "../lib/patience.ts";
import { ownSubnets, type Subnets } from "./subnets.ts";

/**
 * kind's configuration for a cell: one control plane and one worker, or as many as asked, and no CNI of kind's own but where the cell is about that. A control plane
 * alone is given no taint by kind. Pure.
 */
export function kindConfig(
  cell: Cell,
  image: Pick<NodeImage, "origin" | "kubernetesVersion">,
  subnets: Subnets = ownSubnets(cell.ipFamily),
  workers = 1,
): string {
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
    nodes: [{ role: "control-plane" }, ...Array.from({ length: workers }, () => ({ role: "worker" }))],
    kubeadmConfigPatches: [
      ...kubeadmPatches(image.origin, image.kubernetesVersion),
      ...schedulerPatch(cell),
      ...patiencePatch(patience()),
    ],
  });
}

/** kube-proxy's scheduler where it is not its own default, rr (KubeProxyConfiguration, ipvs.scheduler). */
function schedulerPatch({ proxyMode }: Cell): readonly string[] {
  if (proxyMode !== "ipvs-sh") return [];
  return [JSON.stringify({ kind: "KubeProxyConfiguration", ipvs: { scheduler: "sh" } })];
}

/**
 * kubeadm gives the control plane 4 min to come up (kubeadm v1beta3, which kind writes: apiServer.timeoutForControlPlane). Nothing where that does. And a controller manager that cannot
 * renew its lease within 10 s ends itself (seen in an emulated VM on a busy machine): there is no other to lead in its place.
 */
export function patiencePatch(times: number): readonly string[] {
  if (times <= 1) return [];
  const timeoutForControlPlane = `${Math.round(4 * times)}m0s`;
  const alone = { extraArgs: { "leader-elect": "false" } };
  const patch = { apiServer: { timeoutForControlPlane }, controllerManager: alone, scheduler: alone };
  return [JSON.stringify({ kind: "ClusterConfiguration", ...patch })];
}
