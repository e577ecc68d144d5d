import { scenario } from "../../lib/mocha/scenario.ts";
import {
  hasKubeProxyForPods,
  nftJumpGone,
  ruleGone,
  seconds,
  within,
  type CellContext,
} from "../../lib/scenario/spec.ts";
import type { Symptom } from "../../lib/model/symptom.ts";

/**
 * The jumps that send forwarded packets to kube-proxy's chains: pkg/proxy/iptables/proxier.go, iptablesJumpChains, and
 * pkg/proxy/nftables/proxier.go, setupNFTables.
 */
const KUBE_PROXY_IPTABLES = { table: "nat", chain: "PREROUTING", target: "KUBE-SERVICES" } as const;
const KUBE_PROXY_NFT = { table: "kube-proxy", chain: "nat-prerouting", target: "services" } as const;

/**
 * In nftables mode kube-proxy rejects untranslated packets that are forwarded to a ClusterIP (its chain
 * cluster-ips-check).
 */
const untranslated =
  (silence: Symptom) =>
  (context: CellContext): Symptom => {
    if (!hasKubeProxyForPods(context)) return "ok";
    return context.cell.proxyMode === "nftables" ? "connection-refused" : silence;
  };

/**
 * A firewall script that rewrites the nat table removes the jump that sends forwarded packets to kube-proxy's chains.
 * The chains are still there, and kube-proxy, which only checks a canary chain of its own, does not notice. Pods'
 * packets to a ClusterIP are not translated: in iptables mode they leave the node unchanged and get no answer.
 */
scenario("jump to KUBE-SERVICES gone", {
  claim: "without the jump to KUBE-SERVICES on a node, its pods reach no Service, by address or name, and no DNS",
  documented: ["https://github.com/rancher/rke2/issues/10469"],
  fault: ({ cell: { proxyMode, ipFamily } }) =>
    proxyMode === "nftables"
      ? nftJumpGone("B", { ...KUBE_PROXY_NFT, family: ipFamily === "ipv6" ? "ip6" : "ip" })
      : ruleGone("B", { ...KUBE_PROXY_IPTABLES, family: ipFamily === "ipv6" ? 6 : 4 }),
  skipWhen: ({ cell: { proxyMode } }) => {
    if (proxyMode === "none") return "there is no kube-proxy";
    return proxyMode === "ipvs"
      ? "IPVS handles Services' addresses itself; there the jump only marks packets for masquerading"
      : null;
  },
  expect: {
    "other → server by ClusterIP": untranslated("connect-timeout"),
    "other → dns by ClusterIP": untranslated("dns-timeout"),
    "hostB → server by ClusterIP": "ok",
    "same → server by ClusterIP": "ok",
    "same → dns by ClusterIP": "ok",
    "other → server by podIP": "ok",
    "other → dnsB by podIP": "ok",
  },
  recovers: within(seconds(5)),
});
