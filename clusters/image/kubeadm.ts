import { IMAGE_PREFIX } from "./container-image.ts";
import { VERSIONS } from "./versions.ts";

export type ImageOrigin = "registry" | "offline";

/** A kubeadm document of kind's kubeadmConfigPatches, before it is written as YAML. */
export interface KubeadmPatch {
  readonly kind: "ClusterConfiguration" | "KubeletConfiguration";
  readonly [field: string]: unknown;
}

/**
 * The kubeadm settings an image of this origin needs, as objects. Registry: none, kind's defaults are made for its own
 * image. Offline: the control plane's images have names of our own, and kubelet uses the cgroupfs driver as containerd
 * does in this image, which works on cgroup v1 and v2 whatever the host's init is.
 */
export function kubeadmPatchObjects(origin: ImageOrigin): readonly KubeadmPatch[] {
  if (origin === "registry") return [];
  return [
    {
      kind: "ClusterConfiguration",
      imageRepository: IMAGE_PREFIX,
      dns: { imageTag: VERSIONS.coredns },
      etcd: { local: { imageTag: VERSIONS.etcd } },
    },
    { kind: "KubeletConfiguration", cgroupDriver: "cgroupfs" },
  ];
}

/** The same as texts for kind's `kubeadmConfigPatches` (JSON is YAML). */
export function kubeadmPatches(origin: ImageOrigin): readonly string[] {
  return kubeadmPatchObjects(origin).map((patch) => JSON.stringify(patch, null, 2));
}
