import { stringify } from "yaml";
import { familiesOf, type Cell, type Family } from "../lib/cell.ts";
import { kubeadmPatches } from "./image/kubeadm.ts";
import type { NodeImage } from "./image/node-image.ts";

/** kind's own defaults, of which flannel gives each node a /24 or a /64. */
export const POD_SUBNETS: Readonly<Record<Family, string>> = { IPv4: "10.244.0.0/16", IPv6: "fd00:10:244::/56" };
export const SERVICE_SUBNETS: Readonly<Record<Family, string>> = { IPv4: "10.96.0.0/16", IPv6: "fd00:10:96::/112" };
/** In the Service subnets, and never given out by us: what the proof of the closed network dials. */
export const UNUSED_SERVICE_IPS: Readonly<Record<Family, string>> = { IPv4: "10.96.255.254", IPv6: "fd00:10:96::fffe" };

/** kind's configuration for a cell: one control plane and one worker, no CNI of kind's own. Pure. */
export function kindConfig(cell: Cell, image: Pick<NodeImage, "origin" | "kubernetesVersion">): string {
  return stringify({
    kind: "Cluster",
    apiVersion: "kind.x-k8s.io/v1alpha4",
    networking: {
      ipFamily: cell.ipFamily,
      disableDefaultCNI: true,
      kubeProxyMode: cell.proxyMode,
      podSubnet: subnets(cell, POD_SUBNETS),
      serviceSubnet: subnets(cell, SERVICE_SUBNETS),
      // Also where the nodes have IPv6 only for Kubernetes: their Docker network has both.
      apiServerAddress: "127.0.0.1",
    },
    nodes: [{ role: "control-plane" }, { role: "worker" }],
    kubeadmConfigPatches: [...kubeadmPatches(image.origin)],
  });
}

/** One a family of the cell, its first one first, as kubeadm takes them. */
function subnets(cell: Cell, of: Readonly<Record<Family, string>>): string {
  return familiesOf(cell)
    .map((family) => of[family])
    .join(",");
}
