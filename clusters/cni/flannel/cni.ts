import type { Cell, IpFamily, Traits } from "../../../lib/model/cell.ts";
import { goStep } from "../../image/go-build.ts";
import { IMAGE_PREFIX, type ContainerImage } from "../../image/container-image.ts";
import { UPLINK_MTU_BYTES, type Overlay } from "../../../lib/model/traits.ts";
import type { ByManifest, Cni } from "../contract/cni.ts";
import type { CniVersion } from "../../image/cni-version.ts";

/** The last release whose module path resolves for flannel's CNI plugin. */
const PLUGIN = "0.9.1";
/** Published by flannel's release workflow. */
const UPSTREAM_IMAGE = "flannel/flannel";
/** The plugin version that flannel v0.28.4's own manifest names. */
const UPSTREAM_PLUGIN = "flannel/flannel-cni-plugin:v1.9.1-flannel1";
const VXLAN_PORT = 8472;

const imageName = (version: string) => `${IMAGE_PREFIX}/flannel:${version}`;

const plugin = goStep({
  name: "flannel-cni",
  what: `build flannel's CNI plugin ${PLUGIN}`,
  expectedS: 3,
  module: "cni/flannel/go/plugin",
  packages: ["github.com/containernetworking/plugins/plugins/meta/flannel"],
  binary: "flannel",
});

function release(version: string): CniVersion {
  const step = `flannel-${version}`;
  const agent = goStep({
    name: step,
    what: `build flannel ${version}`,
    expectedS: 60,
    module: `cni/flannel/go/${version}`,
    replacements: ["cni/flannel/go/stub"],
    packages: ["github.com/flannel-io/flannel"],
    binary: "flanneld",
    // Its udp backend is written in C.
    cgo: true,
    ldflags: [`-X github.com/flannel-io/flannel/pkg/version.Version=${version}`],
  });
  // Upstream's path, so that one manifest fits both images.
  const path = "/opt/bin/flanneld";
  const image: ContainerImage = {
    name: imageName(version),
    base: "userland",
    files: [{ step, file: "flanneld", path }],
    entrypoint: path,
  };
  return {
    version,
    offline: { steps: [agent, plugin], images: [image], plugins: [{ step: plugin.name, file: "flannel" }] },
    upstream: [{ name: imageName(version), from: `${UPSTREAM_IMAGE}:v${version}` }],
    upstreamPlugins: [{ from: UPSTREAM_PLUGIN, path: "/flannel", file: "flannel" }],
  };
}

/** The first is the default. 0.28.10 was the newest on 2026-12-01. */
const VERSIONS = ["0.28.4", "0.28.10", "0.26.7"].map(release);

type Backend = "vxlan" | "host-gw";

function install(backend: Backend): ByManifest {
  return {
    by: "manifest",
    manifest: "flannel/manifest.yaml",
    tokens: (cell, podSubnets) => ({
      IMAGE: imageName(cell.cniVersion),
      NET_CONF: JSON.stringify(netConf(cell, podSubnets, backend)),
    }),
    ready: { namespace: "kube-flannel", selector: "app=flannel" },
  };
}

/**
 * Returns flanneld's net-conf.json (flannel, Documentation/configuration.md), whose default is IPv4. 8472 is the
 * kernel's default port for VXLAN.
 */
function netConf({ ipFamily }: Cell, podSubnets: readonly string[], backend: Backend): object {
  const ipv4 = podSubnets.find((subnet) => !subnet.includes(":"));
  const ipv6 = podSubnets.find((subnet) => subnet.includes(":"));
  return {
    ...(ipFamily === "ipv6" ? { EnableIPv4: false } : { Network: ipv4 }),
    ...(ipFamily === "ipv4" ? {} : { EnableIPv6: true, IPv6Network: ipv6 }),
    Backend: backend === "vxlan" ? { Type: "vxlan", VNI: 1, Port: VXLAN_PORT } : { Type: "host-gw" },
  };
}

const COMMON: Traits = {
  bridge: "cni0",
  overlay: null,
  podMtuBytes: UPLINK_MTU_BYTES,
  dataplane: "kernel",
  podClusterIps: "kube-proxy",
  networkPolicy: false,
  forwardAcceptedBy: "rule",
  agent: { namespace: "kube-flannel", selector: "app=flannel" },
  resyncs: [
    {
      what: "forward-rule",
      by: "flannel",
      rule: { table: "filter", chain: "FORWARD", target: "FLANNEL-FWD" },
      // -iptables-resync, 5 s by default (flannel main.go); measured: back after 0.4 to 4.2 s.
      everyMs: 5000,
    },
  ],
};

const shared = {
  versions: VERSIONS,
  proxyModes: ["iptables", "nftables", "ipvs", "ipvs-sh"],
  ipFamilies: ["ipv4", "ipv6", "dual"],
} as const;

/**
 * Returns the overlay's devices. flanneld has one for each family (pkg/backend/vxlan/vxlan.go of 0.28.4): IPv6 packets
 * travel over IPv6.
 */
function devices(ipFamily: IpFamily): Pick<Overlay, "device" | "secondDevice"> {
  if (ipFamily === "ipv6") return { device: "flannel-v6.1" };
  return { device: "flannel.1", ...(ipFamily === "dual" ? { secondDevice: "flannel-v6.1" } : {}) };
}

/** flannel: pods on a bridge, VXLAN between the nodes. */
export const flannel: Cni = {
  ...shared,
  name: "flannel",
  aliases: ["flannel-vxlan"],
  what: "flannel, VXLAN between the nodes: bridge cni0, UDP 8472",
  traits: ({ ipFamily }) => ({
    ...COMMON,
    overlay: { kind: "vxlan", ...devices(ipFamily), udpPort: VXLAN_PORT, endpointsIn: "neighbours" },
    // Ethernet, IPv4, UDP and VXLAN take 50 bytes. With IPv6 they take 70, but pods get the same MTU in dual-stack and
    // IPv6 cells (measured).
    podMtuBytes: UPLINK_MTU_BYTES - 50,
  }),
  install: install("vxlan"),
};

/** flannel host-gw: pods on a bridge, plain routes between the nodes. */
export const flannelHostGw: Cni = {
  ...shared,
  name: "flannel-host-gw",
  imageName: "flannel",
  what: "flannel, plain routes between the nodes: bridge cni0, no overlay",
  traits: () => COMMON,
  install: install("host-gw"),
};
