import { scenario } from "../../lib/mocha/scenario.ts";
import { hasKernelDataplane, route, seconds, where, whyNoRouteOnOwnNode, within } from "../../lib/scenario/spec.ts";

const unlessBpf = where(hasKernelDataplane, "host-unreachable").otherwise("ok");

/**
 * Like a blackhole route, but the kernel answers the sender with ICMP 3/1, so clients do not hang. The same route
 * refuses the node's own packets under any CNI. Only one path uses the route: the kernel limits its answers to one
 * sender (net/ipv4/route.c, ip_error), so with many flows some get no answer.
 */
scenario("unreachable route to a pod", {
  claim:
    'an unreachable route on the client\'s node answers "no route to host" at once, to pods and to the node itself',
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
  notOnOtherNode: whyNoRouteOnOwnNode,
});
