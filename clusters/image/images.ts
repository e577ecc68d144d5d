import { VERSIONS } from "./versions.ts";

/** What local builds are called: a name no registry answers to, so that nothing can be pulled in their place. */
export const IMAGE_PREFIX = "faultline.local";

/** The echo server's image in every node, whatever the node image's origin. */
export const ECHO_IMAGE = `${IMAGE_PREFIX}/echo:${VERSIONS.echo}`;
/** flannel's image in every node; clusters/cni/flannel/manifest.yaml names it. */
export const FLANNEL_IMAGE = `${IMAGE_PREFIX}/flannel:${VERSIONS.flannel}`;

/** One container image in the node's containerd: one binary, alone or over the network userland (sh, iptables, nft, …). */
export interface ContainerImage {
  readonly name: string;
  /** The binary's file name as the Go steps make it. */
  readonly binary: string;
  /** Where it lies in the image, and the image's entrypoint. */
  readonly path: string;
  readonly userland: boolean;
}

const kubernetes = (binary: string): ContainerImage => ({
  name: `${IMAGE_PREFIX}/${binary}:v${VERSIONS.kubernetes}`,
  binary,
  path: `/usr/local/bin/${binary}`,
  userland: binary === "kube-proxy",
});

export const CONTAINER_IMAGES: readonly ContainerImage[] = [
  kubernetes("kube-apiserver"),
  kubernetes("kube-controller-manager"),
  kubernetes("kube-scheduler"),
  kubernetes("kube-proxy"),
  { name: `${IMAGE_PREFIX}/etcd:${VERSIONS.etcd}`, binary: "etcd", path: "/usr/local/bin/etcd", userland: false },
  { name: `${IMAGE_PREFIX}/coredns:${VERSIONS.coredns}`, binary: "coredns", path: "/coredns", userland: false },
  // containerd's config.toml names this one.
  { name: `${IMAGE_PREFIX}/pause:local`, binary: "pause", path: "/pause", userland: false },
  // The path is upstream's, so that one manifest fits both.
  { name: FLANNEL_IMAGE, binary: "flanneld", path: "/opt/bin/flanneld", userland: true },
  { name: ECHO_IMAGE, binary: "echo", path: "/echo", userland: false },
];
