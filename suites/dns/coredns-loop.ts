import { scenario } from "../../lib/mocha/scenario.ts";
import { podsResolver, seconds, within } from "../../lib/scenario.ts";

/**
 * A node whose resolv.conf names a loopback address (systemd-resolved's stub, say) hands it to CoreDNS, which then forwards to itself, sees it
 * and stops: "Loop … detected". With no replica left the DNS Service has no endpoint, so lookups are refused.
 */
scenario("CoreDNS forwards to itself", {
  claim:
    "when the nodes' resolv.conf points back at CoreDNS, it crash-loops and lookups through its Service are refused",
  documented: ["https://coredns.io/plugins/loop/"],
  fault: [podsResolver("A", "127.0.0.53"), podsResolver("B", "127.0.0.53")],
  appears: within(seconds(60)),
  expect: {
    "same → dns by ClusterIP": "connection-refused",
    "other → dns by ClusterIP": "connection-refused",
    "same → server by ClusterIP": "ok",
    "other → server by ClusterIP": "ok",
    "other → server by podIP": "ok",
  },
  recovers: within(seconds(60)),
});
