import type { Cell } from "../../../lib/model/cell.ts";
import { UPLINK_MTU_BYTES, type Traits } from "../../../lib/model/traits.ts";
import { IMAGE_PREFIX, type ContainerImage } from "../../image/container-image.ts";
import type { Cni } from "../contract/cni.ts";
import type { CniVersion } from "../../image/cni-version.ts";
import { agentStep, baseStep } from "./build.ts";
import { ciliumLacks } from "./machine.ts";

const VXLAN_PORT = 8472;
const imageName = (version: string) => `${IMAGE_PREFIX}/cilium:${version}`;

const AGENT = { namespace: "kube-system", selector: "k8s-app=cilium" };

const TRAITS: Traits = {
  bridge: null,
  // Its programs write each packet's remote end ("external" in ip -d link): the device has no neighbours and no FDB.
  overlay: { kind: "vxlan", device: "cilium_vxlan", udpPort: VXLAN_PORT, endpointsIn: "metadata" },
  // The pods' default route makes room for the tunnel: mtu 1450 (measured).
  podMtuBytes: UPLINK_MTU_BYTES,
  dataplane: "ebpf",
  // Also where kube-proxy runs: that serves the nodes and NodePorts.
  podClusterIps: "ebpf",
  networkPolicy: true,
  forwardAcceptedBy: "ebpf",
  agent: AGENT,
  resyncs: [],
};

function release(version: string): CniVersion {
  const [agent, base] = [agentStep(version), baseStep(version)];
  const made = (file: string, path: string) => ({ step: agent.name, file, path });
  const image: ContainerImage = {
    name: imageName(version),
    base: { step: base.name, file: "base.tar" },
    // Upstream's paths, so that one manifest fits both images.
    files: [
      made("daemon", "/usr/bin/cilium-agent"),
      made("cilium-dbg", "/usr/bin/cilium-dbg"),
      made("cilium-cni", "/opt/cni/bin/cilium-cni"),
    ],
    entrypoint: "/usr/bin/cilium-agent",
  };
  return {
    version,
    offline: { steps: [agent, base], images: [image], plugins: [] },
    upstream: [{ name: imageName(version), from: `cilium/cilium:v${version}` }],
  };
}

/** Why Cilium itself cannot do what the cell asks; null where it can. */
function refuses({ ipFamily, kernel }: Cell): string | null {
  if (kernel !== undefined) return `${kernel} compiles no BPF programs (no JIT in ARCH=um), and Cilium is made of them`;
  if (ipFamily !== "ipv6") return null;
  return "Cilium 1.15's tunnel runs over IPv4 alone (bpf/lib: the tunnel key's remote_ipv4)";
}

/**
 * Cilium: no bridge, a veth per pod, and eBPF programs on its host end, which also translate pods' Service addresses.
 */
export const cilium: Cni = {
  name: "cilium",
  aliases: ["cilium-vxlan"],
  what: "Cilium, eBPF, VXLAN between the nodes: no bridge, UDP 8472; with kube-proxy, or in its place",
  // 1.20.2 requires modules that are unavailable.
  versions: [release("1.15.19")],
  proxyModes: ["iptables", "nftables", "none"],
  ipFamilies: ["ipv4", "ipv6", "dual"],
  refuses,
  lacks: ciliumLacks,
  traits: () => TRAITS,
  install: {
    by: "manifest",
    manifest: "cilium/manifest.yaml",
    tokens: ({ cniVersion, ipFamily, proxyMode }) => ({
      IMAGE: imageName(cniVersion),
      IPV6: String(ipFamily !== "ipv4"),
      REPLACES_KUBE_PROXY: String(proxyMode === "none"),
    }),
    ready: AGENT,
  },
};
