import { scenario } from "../../lib/mocha/scenario.ts";
import { drop, hasOverlay, overlayPort, seconds, where, within } from "../../lib/scenario/spec.ts";

const lost = (symptom: "connect-timeout" | "loss") => where(hasOverlay, symptom).otherwise("ok");

/**
 * A firewall between nodes blocks the overlay's UDP port: pods of other nodes are unreachable, nodes and local pods
 * are not. Where pods' packets cross without an overlay, the same rule matches nothing.
 */
scenario("VXLAN port blocked", {
  claim: "a dropped overlay port cuts a node's pods off from other nodes only; without an overlay nothing changes",
  documented: [
    "document 003 (docs/field-documents.md)",
    "https://github.com/rancher/rke2/issues/6307",
    "https://github.com/flannel-io/flannel/issues/2388",
  ],
  fault: ({ traits }) => drop("A", { hook: "prerouting", protocol: "udp", destinationPort: overlayPort(traits) }),
  expect: {
    "other → server by podIP": lost("connect-timeout"),
    "other → server by ClusterIP": lost("connect-timeout"),
    "other → server by podIP with ping": lost("loss"),
    // The port is the same in the outer packets of both families.
    "other → server by IPv6 podIP": lost("connect-timeout"),
    "same → server by podIP": "ok",
    "same → server by ClusterIP": "ok",
    "hostB → hostA by nodeIP with ping": "ok",
  },
  sameOnEitherNode:
    "a probe needs both directions and loses its request or its reply; three-nodes/one-node-cut-off tells the node",
  recovers: within(seconds(5)),
});
