import type { Traits } from "../../../lib/model/traits.ts";
import { IMAGE_PREFIX } from "../../image/container-image.ts";
import { podSubnets } from "../../addressing/subnets.ts";
import type { Cni } from "../contract/cni.ts";

/** Its last release; the project was archived in June 2024. */
const VERSION = "2.8.1";
const AGENT = { namespace: "kube-system", selector: "name=weave-net" };
const imageName = (name: string, version: string) => `${IMAGE_PREFIX}/${name}:${version}`;

/**
 * From upstream's sources (weaveworks/weave: prog/weave-kube, net/bridge.go, npc), not from a run: its images were
 * unavailable here.
 */
const TRAITS: Traits = {
  bridge: "weave",
  // An Open vSwitch datapath encapsulates packets on UDP 6784. Without it the routers carry them on UDP 6783, where
  // they also talk to each other.
  overlay: { kind: "vxlan", device: "vxlan-6784", udpPort: 6784, endpointsIn: "metadata" },
  // WEAVE_MTU's default, the smallest that fits all its encapsulations.
  podMtuBytes: 1376,
  dataplane: "kernel",
  podClusterIps: "kube-proxy",
  // By the container weave-npc.
  networkPolicy: true,
  // FORWARD jumps to WEAVE-NPC before kube-proxy's chain, and then accepts packets from the bridge.
  forwardAcceptedBy: "own-chains",
  agent: AGENT,
  resyncs: [],
};

/** Weave Net, for users who have its images; refused where no registry answers. */
export const weave: Cni = {
  name: "weave",
  aliases: ["weave-net"],
  what: "Weave Net, archived upstream: bridge weave, UDP 6784, control on 6783; only where its images can be pulled",
  versions: [
    {
      version: VERSION,
      onlineOnly: "Weave Net is archived upstream, and what its images hold is in no Go module",
      upstream: ["weave-kube", "weave-npc"].map((name) => ({
        name: imageName(name, VERSION),
        from: `weaveworks/${name}:${VERSION}`,
      })),
    },
  ],
  // It implements network policy by iptables rules beside kube-proxy's.
  proxyModes: ["iptables"],
  ipFamilies: ["ipv4"],
  traits: () => TRAITS,
  install: {
    by: "manifest",
    manifest: "weave/manifest.yaml",
    tokens: ({ cniVersion }) => ({
      IMAGE: imageName("weave-kube", cniVersion),
      NPC_IMAGE: imageName("weave-npc", cniVersion),
      POD_SUBNET: podSubnets("ipv4")[0] ?? "",
    }),
    ready: AGENT,
  },
};
