/**
 * Every version the node image is made of, in one place. The Go modules under go/ pin the same ones (a unit test
 * compares them), Debian packages are pinned by suite.
 */
export const VERSIONS = {
  kubernetes: "1.34.4",
  etcd: "3.6.16",
  coredns: "1.14.7",
  flannel: "0.28.4",
  /** The last release whose module path resolves for flannel's CNI plugin. */
  flannelCni: "0.9.1",
  kind: "0.30.0",
  debian: "bookworm",
  /** Ours; raise it when the echo server's answers change. */
  echo: "1",
  /** The oldest Go toolchain that builds all modules: the highest go line of their go.mod files. */
  go: "1.26.0",
} as const;

/** What the registry path starts from. */
export const UPSTREAM = {
  /** kind v0.30.0's own default, with its digest: pkg/apis/config/defaults/image.go. */
  node: "kindest/node:v1.34.0@sha256:7416a61b42b1662ca6ca89f02028ac133a309a2a30ba309614e8ec94d976dc5a",
  nodeKubernetes: "1.34.0",
  /** Published by flannel's release workflow; the plugin's version is the one flannel v0.28.4's own manifest names. */
  flannel: "flannel/flannel:v0.28.4",
  flannelCni: "flannel/flannel-cni-plugin:v1.9.1-flannel1",
  golang: "golang:1.26-bookworm",
} as const;
