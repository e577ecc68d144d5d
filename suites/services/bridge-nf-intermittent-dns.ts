import { share } from "../../lib/model/expectation.ts";
import { scenario } from "../../lib/mocha/scenario.ts";
import { bothOf, hasBridge, isPlain, seconds, sysctl, where, whyNotSpread, within } from "../../lib/scenario/spec.ts";

const halfOfThem = share({ part: 1 / 2, of: 40, replica: "dnsA" }, "dns-wrong-source", "dns-timeout");

/**
 * The form in which the fault is met in the field: lookups that kube-proxy sends to the replica on the client's own node fail, the others do not,
 * so DNS fails now and then. With one replica on each of two nodes, that is half of them.
 */
scenario("intermittent DNS from bridge-nf-call-iptables off", {
  claim: "of the lookups through the DNS Service, the share that meets the replica on the client's own node fails",
  documented: ["documents 000, 001", "https://github.com/kubernetes/kubernetes/issues/87426"],
  skipWhen: (context) => (hasBridge(context) ? whyNotSpread(context) : null),
  fault: sysctl("A", "net.bridge.bridge-nf-call-iptables", 0),
  expect: {
    "same → dns by ClusterIP": where(bothOf(hasBridge, isPlain("IPv4")), halfOfThem).otherwise("ok"),
    "same → dnsA by podIP": "ok",
    "same → dnsB by podIP": "ok",
    "other → dnsA by podIP": "ok",
  },
  recovers: within(seconds(5)),
});
