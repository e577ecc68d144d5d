/**
 * Every version that the node image is made of, except Kubernetes' (kubernetes.ts) and the CNIs' (clusters/cni). The Go
 * modules under go/ pin the same ones (a unit test compares them). Debian packages are pinned by suite.
 */
export const VERSIONS = {
  etcd: "3.6.16",
  coredns: "1.14.7",
  kind: "0.30.0",
  debian: "bookworm",
  /** Ours; raise it when the echo server's answers change. */
  echo: "1",
  /** The oldest Go toolchain that builds all modules: the highest go line of their go.mod files. */
  go: "1.26.0",
} as const;

/** What the registry path builds the echo server with. */
export const GOLANG_IMAGE = "golang:1.26-bookworm";
