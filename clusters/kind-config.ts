import { stringify } from "yaml";
import type { Cell } from "../lib/cell.ts";
import { kubeadmPatches } from "./image/kubeadm.ts";
import type { NodeImage } from "./image/node-image.ts";

export const POD_SUBNET = "10.244.0.0/16";
export const SERVICE_SUBNET = "10.96.0.0/16";
/** In the Service subnet, and never given out by us: what the proof of the closed network dials. */
export const UNUSED_SERVICE_IP = "10.96.255.254";

/** kind's configuration for a cell: one control plane and one worker, no CNI of kind's own. Pure. */
export function kindConfig(cell: Cell, image: Pick<NodeImage, "origin" | "kubernetesVersion">): string {
  return stringify({
    kind: "Cluster",
    apiVersion: "kind.x-k8s.io/v1alpha4",
    networking: {
      ipFamily: cell.ipFamily,
      disableDefaultCNI: true,
      kubeProxyMode: cell.proxyMode,
      podSubnet: POD_SUBNET,
      serviceSubnet: SERVICE_SUBNET,
      apiServerAddress: "127.0.0.1",
    },
    nodes: [{ role: "control-plane" }, { role: "worker" }],
    kubeadmConfigPatches: [...kubeadmPatches(image.origin, image.kubernetesVersion)],
  });
}
