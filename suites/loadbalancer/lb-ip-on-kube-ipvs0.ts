import { isIpvs, loadBalancer, seconds, where, within } from "../../lib/scenario/spec.ts";
import { scenario } from "../../lib/mocha/scenario.ts";

const refusedByIpvs = where(isIpvs, "connection-refused").otherwise("ok");

/**
 * A Service gets a balancer's address into its status, and then every node of the cluster claims it. In ipvs mode a
 * node claims the whole address: it refuses a port that the Service lacks, even if the balancer has it, and drops
 * packets from the balancer itself. In the other modes a node claims only the Service's port. That port leads to the
 * Service's pods everywhere, so the balancer is never reached.
 */
scenario("load balancer's address on kube-ipvs0", {
  claim: "ipvs nodes refuse a balancer's port that the Service lacks; the Service's port never reaches the balancer",
  documented: [
    "document 002 (docs/field-documents.md)",
    "https://github.com/kubernetes/kubernetes/issues/66607",
    "https://github.com/kubernetes/kubernetes/pull/108460",
    "https://kubernetes.io/blog/2023/12/18/kubernetes-1-29-feature-loadbalancer-ip-mode-alpha/",
  ],
  fault: ({ address }) => loadBalancer({ address: address("balancer", "port 443"), ipMode: "VIP" }),
  appears: within(seconds(10)),
  expect: {
    "same → balancer by port 443": refusedByIpvs,
    "other → balancer by port 443": refusedByIpvs,
    "hostA → balancer by port 443": refusedByIpvs,
    "hostB → balancer by port 443": refusedByIpvs,
    "same → balancer by port 80": "wrong-server",
    "other → balancer by port 80": "wrong-server",
    "hostB → balancer by port 80": "wrong-server",
    // The client has the balancer's address, like some clouds' health checks. The node claims that address, and may
    // not answer its ARP requests either.
    "outside → server by NodePort": where(isIpvs, ["connect-timeout", "host-unreachable"]).otherwise("ok"),
    "outside → balancer by port 443": "ok",
    "outside → balancer by port 80": "ok",
    "other → server by ClusterIP": "ok",
  },
  recovers: within(seconds(15)),
  skipWhen: ({ cell }) => (cell.proxyMode === "none" ? "there is no kube-proxy to claim the address" : null),
});
