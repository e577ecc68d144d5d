import { scenario } from "../../lib/mocha/scenario.ts";
import { hasKernelDataplane, route, seconds, where, within } from "../../lib/scenario/spec.ts";

const unlessBpf = where(hasKernelDataplane, "host-unreachable").otherwise("ok");

/**
 * As a blackhole route, but the kernel tells the sender with ICMP 3/1: clients do not hang. What the node itself sends is refused by the same route under any CNI. One path
 * through the route and no more: the kernel limits what it tells one sender (net/ipv4/route.c, ip_error), so of many flows some hear nothing for as long as others ask.
 */
scenario("unreachable route to a pod", {
  claim:
    "an unreachable route on the client's node answers at once: no route to host, for pods and for the node itself",
  documented: ["https://github.com/projectcalico/calicoctl/issues/1822"],
  fault: ({ address }) => route("B", { type: "unreachable", to: address("server", "podIP") }),
  expect: {
    "other → server by podIP": unlessBpf,
    "hostB → server by podIP": "host-unreachable",
    "other → dnsA by podIP": "ok",
    "same → server by podIP": "ok",
    "same → server by ClusterIP": "ok",
  },
  recovers: within(seconds(5)),
});
