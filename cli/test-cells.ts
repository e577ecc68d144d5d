/**
 * The cells of test/e2e beside the default one, and the two traits that decide what is seen there: each CNI that runs on any kernel, both kube-proxy modes, two minors, two versions of
 * flannel (the default cell has the other), one IP family and both. Their images are made before the tests.
 */
export const MATRIX_CELLS = [
  { cell: "flannel@0.26.7/iptables/1.33.13/ipv4", bridge: true, overlay: true },
  { cell: "flannel-host-gw@0.28.4/nftables/1.34.4/ipv4", bridge: true, overlay: false },
  { cell: "bridge@1.1.1/iptables/1.34.4/dual", bridge: true, overlay: false },
  { cell: "ptp@1.1.1/nftables/1.34.4/ipv4", bridge: false, overlay: false },
  { cell: "calico@3.28.5/iptables/1.34.4/ipv4", bridge: false, overlay: true },
] as const;
