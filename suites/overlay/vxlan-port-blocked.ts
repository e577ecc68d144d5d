import { scenario } from "../../lib/mocha/scenario.ts";
import { drop, hasOverlay, seconds, within } from "../../lib/scenario.ts";

/** A firewall between nodes that does not know the overlay's UDP port: pods of other nodes are lost, nodes and neighbours are not. */
scenario("VXLAN port blocked", {
  claim:
    "with the overlay's UDP port dropped on the way into a node, nothing from other nodes reaches its pods, all else does",
  documented: [
    "document 003",
    "https://github.com/rancher/rke2/issues/6307",
    "https://github.com/flannel-io/flannel/issues/2388",
  ],
  skipWhen: (context) => (hasOverlay(context) ? null : "the CNI has no overlay, so there is no port to block"),
  fault: ({ traits }) =>
    drop("A", { hook: "prerouting", protocol: "udp", destinationPort: traits.overlay?.udpPort ?? 0 }),
  expect: {
    "other → server by podIP": "connect-timeout",
    "other → server by ClusterIP": "connect-timeout",
    "other → server by podIP with ping": "loss",
    // The port is the same in the outer packets of both families.
    "other → server by IPv6 podIP": "connect-timeout",
    "same → server by podIP": "ok",
    "same → server by ClusterIP": "ok",
    "hostB → hostA by nodeIP with ping": "ok",
  },
  sameOnEitherNode:
    "a probe needs both directions: it loses its request or its reply; a third node would tell at which one",
  recovers: within(seconds(5)),
});
