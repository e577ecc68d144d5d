import type { Traits } from "../../../lib/model/traits.ts";
import { IMAGE_PREFIX } from "../../image/container-image.ts";
import { podSubnets } from "../../addressing/subnets.ts";
import type { Cni } from "../contract/cni.ts";

/** Its last release; the project was archived in June 2024. */
const VERSION = "2.8.1";
const AGENT = { namespace: "kube-system", selector: "name=weave-net" };
const imageName = (name: string, version: string) => `${IMAGE_PREFIX}/${name}:${version}`;

/** As upstream's sources say it (weaveworks/weave: prog/weave-kube, net/bridge.go, npc): it could not be run where this was written. */
const TRAITS: Traits = {
  bridge: "weave",
  // Packets are encapsulated by an Open vSwitch datapath, on UDP 6784; without it the routers carry them themselves on UDP 6783, where they also talk to each other.
  overlay: { kind: "vxlan", device: "vxlan-6784", udpPort: 6784, endpointsIn: "metadata" },
  // WEAVE_MTU's default, the smallest that fits all its ways of encapsulating.
  podMtuBytes: 1376,
  dataplane: "kernel",
  podClusterIps: "kube-proxy",
  // The container weave-npc.
  networkPolicy: true,
  // FORWARD jumps to WEAVE-NPC before kube-proxy's chain, and then accepts what comes from the bridge.
  forwardAcceptedBy: "own-chains",
  agent: AGENT,
  resyncs: [],
};

/** Defined for those who have its images; refused where no registry answers. */
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
  // Its network policy is rules of iptables beside kube-proxy's.
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
