import { loadBalancer, notUntil, seconds } from "../../lib/scenario/spec.ts";
import { scenario } from "../../lib/mocha/scenario.ts";

/**
 * Complements lb-ip-on-kube-ipvs0, which shows that kube-proxy handles such a Service. Here only the ipMode differs,
 * and kube-proxy leaves the address alone.
 */
scenario("load balancer's address with ipMode Proxy", {
  claim: "with ipMode Proxy no node claims a balancer's address, on any port and in any mode of kube-proxy",
  documented: [
    "document 002 (docs/field-documents.md)",
    "https://github.com/kubernetes/enhancements/issues/1860",
    "https://kubernetes.io/blog/2023/12/18/kubernetes-1-29-feature-loadbalancer-ip-mode-alpha/",
  ],
  fault: ({ address }) => loadBalancer({ address: address("balancer", "port 443"), ipMode: "Proxy" }),
  expect: {
    "same → balancer by port 443": "ok",
    "other → balancer by port 443": "ok",
    "hostA → balancer by port 443": "ok",
    "hostB → balancer by port 443": "ok",
    "same → balancer by port 80": "ok",
    "other → balancer by port 80": "ok",
    "hostB → balancer by port 80": "ok",
    "outside → server by NodePort": "ok",
    "outside → balancer by port 443": "ok",
    "outside → balancer by port 80": "ok",
    "other → server by ClusterIP": "ok",
  },
  // As long as lb-ip-on-kube-ipvs0 waits for a node to claim the address.
  recovers: notUntil("the Service is deleted", { lastsMs: seconds(10), withinMs: seconds(15) }),
  skipWhen: ({ cell }) => (cell.proxyMode === "none" ? "there is no kube-proxy to claim the address" : null),
});
