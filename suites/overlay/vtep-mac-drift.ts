import { scenario } from "../../lib/mocha/scenario.ts";
import { hasVtepNeighbours, hasOverlay, linkReaddressed, seconds, where, within } from "../../lib/scenario/spec.ts";

const lost = where(hasVtepNeighbours, "connect-timeout").otherwise("ok");

/**
 * Something on the node (systemd's MACAddressPolicy, a network manager) gives the overlay's device another MAC
 * address than the agent has announced to the other nodes. They send to the old address: the kernel decapsulates such
 * a packet, sees another destination and drops it. Along with the old address the node has lost its own neighbours on
 * the device, permanent or not: its packets to other nodes find no VTEP, and its pods get an error.
 */
scenario("VTEP MAC drift", {
  claim:
    "after a MAC change of a node's overlay device, other nodes' pods silently lose its pods; its own get an error",
  documented: [
    "https://github.com/flannel-io/flannel/issues/1155",
    "https://github.com/flannel-io/flannel/issues/1330",
    "https://github.com/flannel-io/flannel/issues/1795",
    "https://github.com/projectcalico/calico/pull/8924",
  ],
  skipWhen: (context) => (hasOverlay(context) ? null : "the CNI has no overlay, so there is no VTEP"),
  fault: ({ traits }) => linkReaddressed("A", traits.overlay?.device ?? ""),
  expect: {
    "other → server by podIP": lost,
    "other → server by ClusterIP": lost,
    "same → other by podIP": where(hasVtepNeighbours, "host-unreachable").otherwise("ok"),
    "same → server by podIP": "ok",
    "same → server by ClusterIP": "ok",
    "hostB → hostA by nodeIP with ping": "ok",
  },
  recovers: within(seconds(5)),
});
