import { scenario } from "../../lib/mocha/scenario.ts";
import { hasVtepNeighbours, hasOverlay, linkReaddressed, seconds, where, within } from "../../lib/scenario/spec.ts";

const lost = where(hasVtepNeighbours, "connect-timeout").otherwise("ok");

/**
 * Something on the node (systemd's MACAddressPolicy, a network manager) gives the overlay's device another MAC address than the one that the agent has told the other nodes. What they send is for
 * the old address: the kernel takes it out of its UDP, sees that it is for somebody else, and throws it away.
 * The node itself has lost its own neighbours on the device along with the old address, permanent or not: what it sends to other nodes finds no VTEP, and its pods are told so.
 */
scenario("VTEP MAC drift", {
  claim:
    "with another MAC address on a node's overlay device, pods of other nodes lose its pods in silence, and its own are told that there is no route to theirs",
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
