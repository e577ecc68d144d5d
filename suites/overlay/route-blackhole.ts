import { scenario } from "../../lib/mocha/scenario.ts";
import { hasKernelDataplane, route, seconds, where, whyNoRouteOnOwnNode, within } from "../../lib/scenario/spec.ts";

const unlessBpf = where(hasKernelDataplane, "connect-timeout").otherwise("ok");

/**
 * A leftover of a router (BIRD sets such routes for its own blocks) or of a migration: it is more specific than the
 * overlay's route, so it wins. The kernel silently drops packets that it forwards. The node's own connects fail at
 * once with "Invalid argument", for which there is no symptom here. BPF that sends pods' packets into the tunnel does
 * not look up routes.
 */
scenario("blackhole route to a pod", {
  claim: "a blackhole route on the client's node silently drops pods' packets to its addresses",
  documented: [
    "https://github.com/projectcalico/calico/issues/2457",
    "https://github.com/projectcalico/calico/issues/3740",
  ],
  fault: ({ address }) => route("B", { type: "blackhole", to: address("server", "podIP") }),
  expect: {
    "other → server by podIP": unlessBpf,
    "other → server by ClusterIP": unlessBpf,
    "other → dnsA by podIP": "ok",
    "same → server by podIP": "ok",
    "same → server by ClusterIP": "ok",
  },
  recovers: within(seconds(5)),
  notOnOtherNode: whyNoRouteOnOwnNode,
});
