import { share } from "../../lib/model/expectation.ts";
import { scenario } from "../../lib/mocha/scenario.ts";
import { bothOf, hasBridge, isPlain, seconds, sysctl, where, whyNotSpread, within } from "../../lib/scenario/spec.ts";

const halfOfThem = share({ part: 1 / 2, of: 40, replica: "dnsA" }, "dns-wrong-source", "dns-timeout");

/**
 * The fault as users meet it: lookups that kube-proxy sends to the replica on the client's own node fail and the
 * others do not, so DNS fails intermittently. With one replica on each of two nodes, half of the lookups fail.
 */
scenario("intermittent DNS from bridge-nf-call-iptables off", {
  claim: "lookups through the DNS Service fail if they meet the replica on the client's own node",
  documented: ["documents 000, 001 (docs/field-documents.md)", "https://github.com/kubernetes/kubernetes/issues/87426"],
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
