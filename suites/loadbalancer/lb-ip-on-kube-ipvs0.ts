import { isIpvs, loadBalancer, seconds, where, within } from "../../lib/scenario/spec.ts";
import { scenario } from "../../lib/mocha/scenario.ts";

const refusedByIpvs = where(isIpvs, "connection-refused").otherwise("ok");

/**
 * A Service takes a balancer's address into its status, and with that every node of the cluster takes it too. In ipvs mode the whole address, as one of its own: a port that the Service lacks is
 * refused, though the balancer has it, and what the balancer itself sends to a node is dropped there. In the other modes only the Service's port. That one is led to the Service's pods everywhere: the balancer is never asked.
 */
scenario("load balancer's address on kube-ipvs0", {
  claim:
    "from inside, a balancer's port that the Service lacks is refused by the node itself in ipvs mode, and the port it has never reaches the balancer in any mode",
  documented: [
    "document 002",
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
    // Calls come from the balancer's address, as those of some clouds' health checks: the node takes it for its own, and may give that address's ARP requests no answer either.
    "outside → server by NodePort": where(isIpvs, ["connect-timeout", "host-unreachable"]).otherwise("ok"),
    "outside → balancer by port 443": "ok",
    "outside → balancer by port 80": "ok",
    "other → server by ClusterIP": "ok",
  },
  recovers: within(seconds(15)),
  skipWhen: ({ cell }) => (cell.proxyMode === "none" ? "no kube-proxy that would take the address" : null),
});
