import type { Traits } from "../../../lib/model/cell.ts";
import { UPLINK_MTU_BYTES } from "../../../lib/model/traits.ts";
import type { Cni, OnNodes } from "../contract/cni.ts";

/** Debian bookworm's containernetworking-plugins, which every node image has. */
const VERSION = "1.1.1";
const BRIDGE = "cni0";

function install(plugin: "bridge" | "ptp"): OnNodes {
  return {
    by: "script",
    script: "reference/install.sh",
    args: (podSubnets, node, others) => [
      plugin,
      BRIDGE,
      podSubnets.join(","),
      node.podCidrs.join(","),
      ...others.flatMap(({ podCidrs, addresses }) => podCidrs.map((cidr, family) => `${cidr}=${addresses[family]}`)),
    ],
  };
}

const shared = {
  versions: [{ version: VERSION }],
  proxyModes: ["iptables", "nftables", "ipvs", "ipvs-sh"],
  ipFamilies: ["ipv4", "ipv6", "dual"],
} as const;
const traits = (bridge: string | null): Traits => ({
  bridge,
  overlay: null,
  podMtuBytes: UPLINK_MTU_BYTES,
  dataplane: "kernel",
  podClusterIps: "kube-proxy",
  networkPolicy: false,
  forwardAcceptedBy: "none",
  agent: null,
  resyncs: [],
});

/** The smallest CNI with a bridge: no agent maintains anything. */
export const bridge: Cni = {
  ...shared,
  name: "bridge",
  what: "the reference plugin bridge with static routes: bridge cni0, no overlay, no agent",
  traits: () => traits(BRIDGE),
  install: install("bridge"),
};

/** The smallest CNI without a bridge: a route and a veth pair per pod. */
export const ptp: Cni = {
  ...shared,
  name: "ptp",
  what: "the reference plugin ptp with static routes: no bridge, no overlay, no agent",
  traits: () => traits(null),
  install: install("ptp"),
};
