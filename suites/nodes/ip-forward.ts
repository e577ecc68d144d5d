import { scenario } from "../../lib/mocha/scenario.ts";
import { hasBridge, seconds, sysctl, where, within } from "../../lib/scenario.ts";

/** A node that does not forward still bridges: only what is routed through it is lost, in silence, while SYNs repeat. */
scenario("ip_forward off", {
  claim: "a node that does not forward is silent for all that is routed through it, and bridges on",
  documented: ["document 003", "https://github.com/Azure/acs-engine/issues/3394"],
  fault: sysctl("A", "net.ipv4.ip_forward", 0),
  expect: {
    "other → server by podIP": "connect-timeout",
    "other → server by ClusterIP": "connect-timeout",
    "same → server by ClusterIP": "connect-timeout",
    "same → server by podIP": where(hasBridge, "ok").otherwise("connect-timeout"),
    "hostA → server by podIP": "ok",
    "hostB → hostA by nodeIP with ping": "ok",
  },
  recovers: within(seconds(5)),
});
