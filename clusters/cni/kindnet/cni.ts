import { UPLINK_MTU_BYTES } from "../../../lib/model/traits.ts";
import type { Cni } from "../contract/cni.ts";

/** kind v0.30.0's own CNI, a ptp plugin with an agent; it has kind's version. */
export const kindnet: Cni = {
  name: "kindnet",
  what:
    "kind's own default: ptp with an agent that keeps routes and masquerading; " +
    "only where kind's image can be pulled",
  versions: [
    { version: "0.30.0", onlineOnly: "kindnet is in kind's own node image only, and is not published as a Go module" },
  ],
  proxyModes: ["iptables", "nftables"],
  ipFamilies: ["ipv4"],
  traits: () => ({
    bridge: null,
    overlay: null,
    podMtuBytes: UPLINK_MTU_BYTES,
    dataplane: "kernel",
    podClusterIps: "kube-proxy",
    // Since kind v0.24.0.
    networkPolicy: true,
    forwardAcceptedBy: "none",
    // Its DaemonSet is kind's, and lacks the affinity term that removes an agent from a node.
    agent: null,
    resyncs: [],
  }),
  install: { by: "kind", ready: { namespace: "kube-system", selector: "app=kindnet" } },
};
