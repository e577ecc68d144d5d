import {
  dropFirst,
  hasOverlay,
  healedBy,
  lostUnless,
  overlayPort,
  seconds,
  within,
  type Conditional,
} from "../../lib/scenario/spec.ts";
import { scenario } from "../../lib/mocha/scenario.ts";

const unlessFirst = lostUnless("first-in-input", "connect-timeout");
const lost: Conditional = (context) => (hasOverlay(context) ? unlessFirst(context) : "ok");
const MEANWHILE = {
  "other → server by podIP": ["connect-timeout", "slow"],
  "other → server by ClusterIP": ["connect-timeout", "slow"],
} as const;

/**
 * The overlay's UDP port blocked where an administrator would block it: by a rule at the top of iptables' INPUT. That lasts, unless the CNI's agent wants to be first there itself: Felix puts its
 * own jump, which accepts the overlay, ahead of it again at its next look. Blocked ahead of iptables' filter table it lasts under any CNI: overlay/vxlan-port-blocked.
 * Without an overlay nobody uses the port, so the same rule changes nothing.
 */
scenario("VXLAN port blocked at the top of INPUT", {
  claim:
    "with the overlay's UDP port dropped at the top of INPUT nothing from other nodes reaches a node's pods, until an agent that wants to be first there is so again",
  documented: [
    "document 003",
    "https://github.com/rancher/rke2/issues/6307",
    "https://github.com/projectcalico/calico/issues/2672",
  ],
  fault: ({ cell, traits }) =>
    dropFirst("A", {
      chain: "INPUT",
      protocol: "udp",
      destinationPort: overlayPort(traits),
      family: cell.ipFamily === "ipv6" ? 6 : 4,
    }),
  healsItself: (context) => healedBy("first-in-input", "iptables-drop", hasOverlay(context) ? MEANWHILE : {})(context),
  expect: {
    "other → server by podIP": lost,
    "other → server by ClusterIP": lost,
    "same → server by podIP": "ok",
    "same → server by ClusterIP": "ok",
    "hostB → hostA by nodeIP with ping": "ok",
  },
  sameOnEitherNode:
    "a probe needs both directions: it loses its request or its reply; three-nodes/one-node-cut-off tells at which one",
  recovers: within(seconds(5)),
});
