import { mostly } from "../../lib/model/expectation.ts";
import { scenario } from "../../lib/mocha/scenario.ts";
import { notUntil, podsResolver, seconds, within } from "../../lib/scenario/spec.ts";

const refused = mostly("connection-refused", "dns-timeout");

/**
 * A node whose resolv.conf names a loopback address (for example systemd-resolved's stub) passes it to CoreDNS.
 * CoreDNS then forwards to itself, detects it and stops: "Loop … detected". Without replicas the DNS Service has no
 * endpoint, so lookups are refused. The kubelet restarts CoreDNS again and again, so a lookup that meets a running
 * replica is lost or even answered (measured: 2 lookups of 12 answered in one of 10 tries).
 */
scenario("CoreDNS forwards to itself", {
  claim: "if the nodes' resolv.conf points back at CoreDNS, it crash-loops, and most lookups are refused or lost",
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
  // Longer than the gap between the old pods and the new ones, in which lookups are refused without any loop.
  recovers: notUntil("the nodes' resolv.conf is fixed", { lastsMs: seconds(12), withinMs: seconds(60) }),
});
