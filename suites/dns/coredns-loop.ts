import { mostly } from "../../lib/model/expectation.ts";
import { scenario } from "../../lib/mocha/scenario.ts";
import { notUntil, podsResolver, seconds, within } from "../../lib/scenario/spec.ts";

const refused = mostly("connection-refused", "dns-timeout");

/**
 * A node whose resolv.conf names a loopback address (systemd-resolved's stub, say) hands it to CoreDNS, which then forwards to itself, sees it
 * and stops: "Loop … detected". With no replica left the DNS Service has no endpoint, so lookups are refused. The
 * kubelet starts it again and again: one that meets a replica between its start and its end is lost or even answered (measured: 2 lookups of 12 answered in one of 10 tries).
 */
scenario("CoreDNS forwards to itself", {
  claim:
    "when the nodes' resolv.conf points back at CoreDNS, it crash-loops and most lookups through its Service are refused, or lost while it dies",
  documented: ["https://coredns.io/plugins/loop/"],
  fault: [podsResolver("A", "127.0.0.53"), podsResolver("B", "127.0.0.53")],
  appears: within(seconds(60)),
  expect: {
    "same → dns by ClusterIP": refused,
    "other → dns by ClusterIP": refused,
    "same → server by ClusterIP": "ok",
    "other → server by ClusterIP": "ok",
    "other → server by podIP": "ok",
  },
  // Longer than there is none of it between the old pods and the new ones: that would be refused as well, without any loop.
  recovers: notUntil("the nodes' resolv.conf is mended", { lastsMs: seconds(12), withinMs: seconds(60) }),
});
