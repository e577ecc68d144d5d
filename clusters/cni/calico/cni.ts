import type { Cell } from "../../../lib/model/cell.ts";
import { UPLINK_MTU_BYTES, type Traits } from "../../../lib/model/traits.ts";
import { goStep } from "../../image/go-build.ts";
import { IMAGE_PREFIX, type ContainerImage } from "../../image/container-image.ts";
import type { Cni } from "../contract/cni.ts";
import type { CniVersion } from "../../image/cni-version.ts";

const VERSION = "3.28.5";
const IMAGE = `${IMAGE_PREFIX}/calico-node:${VERSION}`;
/** Published by Calico's releases, under the name in its manifests. */
const UPSTREAM_IMAGE = `calico/node:v${VERSION}`;
const UPSTREAM_PLUGIN = `calico/cni:v${VERSION}`;
const MODULE = "github.com/projectcalico/calico";

const build = goStep({
  name: `calico-${VERSION}`,
  what: `build Calico ${VERSION}`,
  expectedS: 150,
  module: "cni/calico/go",
  packages: [`${MODULE}/node/cmd/calico-node`, `${MODULE}/cni-plugin/cmd/calico`],
  ldflags: [
    `-X ${MODULE}/node/pkg/lifecycle/startup.VERSION=v${VERSION}`,
    `-X ${MODULE}/node/buildinfo.GitVersion=v${VERSION}`,
    `-X main.VERSION=v${VERSION}`,
  ],
});

/** Upstream's paths, so that one manifest fits both images; our start_runit does the same as upstream's. */
const image: ContainerImage = {
  name: IMAGE,
  base: "userland",
  files: [
    { step: build.name, file: "calico-node", path: "/usr/bin/calico-node" },
    { source: "cni/calico/start_runit", path: "/usr/sbin/start_runit" },
  ],
  entrypoint: "/usr/sbin/start_runit",
};

const release: CniVersion = {
  version: VERSION,
  offline: {
    steps: [build],
    images: [image],
    // One program, which acts by the name it is called with.
    plugins: [
      { step: build.name, file: "calico" },
      { step: build.name, file: "calico", as: "calico-ipam" },
    ],
  },
  upstream: [{ name: IMAGE, from: UPSTREAM_IMAGE }],
  upstreamPlugins: ["calico", "calico-ipam"].map((file) => ({
    from: UPSTREAM_PLUGIN,
    path: "/opt/cni/bin/calico",
    file,
  })),
};

const READY = { namespace: "calico", selector: "app=calico-node" };

const COMMON: Omit<Traits, "overlay" | "podMtuBytes"> = {
  bridge: null,
  dataplane: "kernel",
  podClusterIps: "kube-proxy",
  networkPolicy: true,
  forwardAcceptedBy: "own-chains",
  agent: READY,
  ownAddressBlocks: true,
  resyncs: [
    // felix/dataplane/linux/int_dataplane.go, KeepVXLANDeviceInSync; measured: up after 6.0 to 6.8 s, routes and
    // neighbours 0.1 to 0.7 s after it.
    { what: "overlay-up", by: "Felix", everyMs: 10_000 },
    { what: "overlay-routes", by: "Felix", everyMs: 2_000 },
    // IptablesRefreshInterval, 180 s in this version (felix/config/config_params.go); sooner after a recent write by
    // Felix. Measured: 157 s.
    { what: "first-in-input", by: "Felix", target: "cali-INPUT", everyMs: 180_000 },
  ],
};

/**
 * Returns the traits for an IP family. Felix has a device for each family (felix/dataplane/linux/vxlan_mgr.go). IPv6
 * packets travel over IPv6, which takes 20 bytes more, and pods have one MTU for both.
 */
function traits({ ipFamily }: Cell): Traits {
  const second = ipFamily === "dual" ? { secondDevice: "vxlan-v6.calico" } : {};
  return {
    ...COMMON,
    // FELIX_VXLANPORT's default, which is IANA's.
    overlay: { kind: "vxlan", device: "vxlan.calico", ...second, udpPort: 4789, endpointsIn: "neighbours" },
    podMtuBytes: UPLINK_MTU_BYTES - (ipFamily === "dual" ? 70 : 50),
  };
}

/**
 * Returns the settings for IPv6; a cell without it gets none, since calico-node was seen to restart in a loop with IP6
 * and the pool set to "none".
 */
function ipv6Env(podNetwork: string): string {
  const env = {
    IP6: "autodetect",
    CALICO_IPV6POOL_CIDR: podNetwork,
    CALICO_IPV6POOL_VXLAN: "Always",
    CALICO_IPV6POOL_NAT_OUTGOING: "true",
  };
  // The token is at the end of a comment line.
  return Object.entries(env)
    .map(([name, value]) => `\n${" ".repeat(12)}- ${JSON.stringify({ name, value })}`)
    .join("");
}

/** Calico: Felix with iptables rules, VXLAN between the nodes, addresses from calico-ipam. */
export const calico: Cni = {
  name: "calico",
  aliases: ["calico-vxlan"],
  what: "Calico, VXLAN between the nodes: no bridge, UDP 4789, iptables rules by Felix, addresses from calico-ipam",
  versions: [release],
  proxyModes: ["iptables", "nftables"],
  ipFamilies: ["ipv4", "dual"],
  traits,
  install: {
    by: "manifest",
    kinds: "calico/crds.yaml",
    manifest: "calico/manifest.yaml",
    tokens: ({ ipFamily }, [network = "", second]) => ({
      IMAGE,
      POD_CIDR: network,
      IPV6: String(ipFamily === "dual"),
      IPV6_ENV: second === undefined ? "" : ipv6Env(second),
    }),
    ready: READY,
  },
};
