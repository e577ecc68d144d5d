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
 * The overlay's UDP port is blocked where an administrator would block it: by a rule at the top of iptables' INPUT.
 * The block lasts, unless the CNI's agent keeps its own rule first: Felix moves its jump, which accepts the overlay,
 * ahead of the rule at its next look. Blocked before iptables' filter table, the port stays blocked under any CNI:
 * overlay/vxlan-port-blocked. Without an overlay the port is unused, so the same rule changes nothing.
 */
scenario("VXLAN port blocked at the top of INPUT", {
  claim: "an overlay port dropped at the top of INPUT cuts a node's pods off until an agent's rule is first again",
  documented: [
    "document 003 (docs/field-documents.md)",
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
    "a probe needs both directions and loses its request or its reply; three-nodes/one-node-cut-off tells the node",
  recovers: within(seconds(5)),
});
