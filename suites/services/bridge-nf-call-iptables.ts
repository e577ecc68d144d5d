import { scenario } from "../../lib/mocha/scenario.ts";
import { bothOf, hasBridge, isPlain, seconds, sysctl, where, within } from "../../lib/scenario/spec.ts";

/**
 * The endpoint's reply to a client on the same bridge is switched, not routed. Without bridge netfilter it bypasses
 * conntrack, so it arrives with the pod's address as its source. The client connected to the Service's address, so it
 * answers with RST.
 */
scenario("bridge-nf-call-iptables off", {
  claim: "on a bridge CNI, a pod cannot reach a Service whose endpoint is on its own node",
  documented: [
    "documents 000, 001, 003 (docs/field-documents.md)",
    "https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/network-plugins/",
    "https://github.com/kubernetes/kops/issues/4391",
  ],
  fault: sysctl("A", "net.bridge.bridge-nf-call-iptables", 0),
  expect: {
    "same → server by ClusterIP": where(bothOf(hasBridge, isPlain("IPv4")), "connect-timeout").otherwise("ok"),
    // IPv6 has its own setting (bridge-nf-call-ip6tables).
    "same → server by IPv6 ClusterIP": "ok",
    "same → server by podIP": "ok",
    "other → server by ClusterIP": "ok",
    "other → server by podIP": "ok",
    "hostA → server by podIP": "ok",
    "hostA → server by ClusterIP": "ok",
  },
  recovers: within(seconds(5)),
});
