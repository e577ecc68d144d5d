import { scenario } from "../../lib/mocha/scenario.ts";
import {
  byOverlayDevice,
  hasOverlay,
  hasVtepNeighbours,
  healedBy,
  linkBounced,
  lostUnless,
  notUntil,
  seconds,
} from "../../lib/scenario/spec.ts";

const lost = lostUnless("overlay-routes", "connect-timeout");

/**
 * The overlay's device goes down and up again, as after a restart of the node's network service. The link recovers,
 * but its routes and neighbours do not: the kernel has dropped them, and the CNI only sets them at its start. An
 * agent that watches its device restores them at once.
 */
scenario("VXLAN device down and up again", {
  claim: "after its overlay device went down and up, a node's pods stay cut off until an agent restores its routes",
  documented: [
    "https://github.com/flannel-io/flannel/issues/1070",
    "https://github.com/flannel-io/flannel/issues/1434",
  ],
  skipWhen: (context) => {
    if (!hasOverlay(context)) return "the CNI has no overlay, so there is no device to bounce";
    return hasVtepNeighbours(context)
      ? null
      : "the kernel restores everything that such a device loses: its endpoints are in BPF maps";
  },
  fault: ({ traits }) => linkBounced("A", traits.overlay?.device ?? ""),
  // Repaired within a second, so no probe may see the symptom.
  healsItself: healedBy("overlay-routes", "link", {}),
  expect: {
    "other → server by podIP": lost,
    "other → server by ClusterIP": lost,
    "other → server by IPv6 podIP": (context) => (byOverlayDevice("IPv6")(context) ? lost(context) : "ok"),
    "other → server by podIP with ping": lostUnless("overlay-routes", "loss"),
    "same → server by podIP": "ok",
    "same → server by ClusterIP": "ok",
    "hostB → hostA by nodeIP with ping": "ok",
  },
  sameOnEitherNode:
    "with two nodes, each overlay device leads only to the other node; a third node would tell whose device it was",
  recovers: notUntil("the device's routes and neighbours are restored", { lastsMs: seconds(5), withinMs: seconds(5) }),
});
