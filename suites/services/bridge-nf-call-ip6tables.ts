import { share } from "../../lib/model/expectation.ts";
import { scenario } from "../../lib/mocha/scenario.ts";
import { hasBridge, seconds, sysctl, where, whyNotSpread, within } from "../../lib/scenario/spec.ts";

const halfOfThem = share({ part: 1 / 2, of: 40, replica: "dnsA" }, "dns-wrong-source", "dns-timeout");

/**
 * bridge-nf-call-iptables is IPv4's; IPv6 has its own setting, and a node may have only one of them on. With IPv6's
 * off, the reply of an endpoint on the same bridge keeps the pod's IPv6 address as its source, while IPv4 works.
 */
scenario("bridge-nf-call-ip6tables off", {
  claim: "on a bridge CNI, a pod cannot reach a Service over IPv6 whose endpoint is on its own node, but can over IPv4",
  documented: [
    "document 001 (docs/field-documents.md)",
    "https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/network-plugins/",
    "https://docs.kernel.org/networking/ip-sysctl.html",
  ],
  needs: { families: ["IPv6"] },
  skipWhen: (context) => (hasBridge(context) ? whyNotSpread(context) : null),
  fault: sysctl("A", "net.bridge.bridge-nf-call-ip6tables", 0),
  expect: {
    "same → server by IPv6 ClusterIP": where(hasBridge, "connect-timeout").otherwise("ok"),
    "same → dns by IPv6 ClusterIP": where(hasBridge, halfOfThem).otherwise("ok"),
    "same → server by IPv6 podIP": "ok",
    "other → server by IPv6 ClusterIP": "ok",
    "other → server by IPv6 podIP": "ok",
    "hostA → server by IPv6 ClusterIP": "ok",
    "same → server by IPv4 ClusterIP": "ok",
    "same → dns by IPv4 ClusterIP": "ok",
  },
  recovers: within(seconds(5)),
});
