import { scenario } from "../../lib/mocha/scenario.ts";
import { hasKernelDataplane, route, seconds, where, within } from "../../lib/scenario/spec.ts";

const unlessBpf = where(hasKernelDataplane, "connect-timeout").otherwise("ok");

/**
 * Left over from a router (BIRD puts such routes up for its own blocks) or a migration: more specific than the overlay's route, so it wins. The kernel drops what it forwards without a word; the
 * node's own connects fail at once with "Invalid argument", for which there is no symptom here. BPF that sends pods' packets into the tunnel asks no route.
 */
scenario("blackhole route to a pod", {
  claim: "a blackhole route on the client's node swallows what pods send to these addresses, and nobody is told",
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
});
