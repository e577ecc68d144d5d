import { IMAGE_PREFIX } from "./container-image.ts";
import { VERSIONS } from "../versions/versions.ts";

export type ImageOrigin = "registry" | "offline";

/** A kubeadm document of kind's kubeadmConfigPatches, before it is written as YAML. */
export interface KubeadmPatch {
  readonly kind: "ClusterConfiguration" | "KubeletConfiguration";
  readonly [field: string]: unknown;
}

/**
 * The minors whose kubeadm has the gate RootlessControlPlane (cmd/kubeadm/app/features; alpha since 1.22, to be
 * removed).
 */
const ROOTLESS_MINORS = { first: 22, last: 34 };

/**
 * Returns the kubeadm settings for an image of this origin, as objects. Both origins: API server and controller manager
 * run as users of their own, where kubeadm supports it, since root's inotify instances are the scarcest resource of
 * clusters on one machine. Offline: the control plane's images have names of our own, and kubelet uses the cgroupfs
 * driver as containerd does in this image. That driver works on cgroup v1 and v2 with any init on the host.
 */
export function kubeadmPatchObjects(origin: ImageOrigin, kubernetesVersion: string): readonly KubeadmPatch[] {
  const rootless = hasRootless(kubernetesVersion) ? { featureGates: { RootlessControlPlane: true } } : {};
  if (origin === "registry")
    return hasRootless(kubernetesVersion) ? [{ kind: "ClusterConfiguration", ...rootless }] : [];
  return [
    {
      kind: "ClusterConfiguration",
      ...rootless,
      imageRepository: IMAGE_PREFIX,
      dns: { imageTag: VERSIONS.coredns },
      etcd: { local: { imageTag: VERSIONS.etcd } },
    },
    { kind: "KubeletConfiguration", cgroupDriver: "cgroupfs" },
  ];
}

/** Returns true for the minors known to have the gate: kubeadm refuses an unknown one. */
function hasRootless(kubernetesVersion: string): boolean {
  const [major, minor = 0] = kubernetesVersion.split(".").map(Number);
  return major === 1 && minor >= ROOTLESS_MINORS.first && minor <= ROOTLESS_MINORS.last;
}

/** The same as texts for kind's `kubeadmConfigPatches` (JSON is YAML). */
export function kubeadmPatches(origin: ImageOrigin, kubernetesVersion: string): readonly string[] {
  return kubeadmPatchObjects(origin, kubernetesVersion).map((patch) => JSON.stringify(patch, null, 2));
}
