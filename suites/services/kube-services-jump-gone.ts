import { scenario } from "../../lib/mocha/scenario.ts";
import { hasKubeProxyForPods, nftJumpGone, ruleGone, seconds, where, within } from "../../lib/scenario.ts";

/**
 * A firewall script that rewrites the nat table takes along the jump by which packets that a node forwards come to kube-proxy's chains. The chains are still there, and kube-proxy, which looks only
 * after a canary chain of its own, does not notice. Pods' packets to a ClusterIP are then nobody's, and leave the node as they are.
 */
scenario("jump to KUBE-SERVICES gone", {
  claim: "without the jump to KUBE-SERVICES on a node its pods reach no Service, by address or name, and DNS neither",
  documented: ["https://github.com/rancher/rke2/issues/10469"],
  fault: ({ cell }) =>
    cell.proxyMode === "nftables"
      ? nftJumpGone("B", { family: "ip", table: "kube-proxy", chain: "nat-prerouting", target: "services" })
      : ruleGone("B", { table: "nat", chain: "PREROUTING", target: "KUBE-SERVICES" }),
  expect: {
    "other → server by ClusterIP": where(hasKubeProxyForPods, "connect-timeout").otherwise("ok"),
    "other → dns by ClusterIP": where(hasKubeProxyForPods, "dns-timeout").otherwise("ok"),
    "hostB → server by ClusterIP": "ok",
    "same → server by ClusterIP": "ok",
    "same → dns by ClusterIP": "ok",
    "other → server by podIP": "ok",
    "other → dnsB by podIP": "ok",
  },
  recovers: within(seconds(5)),
});
