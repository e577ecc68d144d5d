import { scenario } from "../../lib/mocha/scenario.ts";
import { hasOverlay, byOverlayDevice, linkBounced, notUntil, seconds, where } from "../../lib/scenario.ts";

/**
 * The overlay's device down and up again, as after a restart of the node's network service. The link is as it was, and what went with it is not: the
 * kernel has thrown away its routes and neighbours, and the CNI put them there when it started.
 */
scenario("VXLAN device down and up again", {
  claim: "after its overlay device was down and is up again a node's pods stay cut off, until its routes are put back",
  documented: [
    "https://github.com/flannel-io/flannel/issues/1070",
    "https://github.com/flannel-io/flannel/issues/1434",
  ],
  skipWhen: (context) => (hasOverlay(context) ? null : "the CNI has no overlay, so there is no device to bounce"),
  fault: ({ traits }) => linkBounced("A", traits.overlay?.device ?? ""),
  expect: {
    "other → server by podIP": "connect-timeout",
    "other → server by ClusterIP": "connect-timeout",
    "other → server by podIP with ping": "loss",
    "other → server by IPv6 podIP": where(byOverlayDevice("IPv6"), "connect-timeout").otherwise("ok"),
    "same → server by podIP": "ok",
    "same → server by ClusterIP": "ok",
    "hostB → hostA by nodeIP with ping": "ok",
  },
  sameOnEitherNode:
    "of two nodes each has only the other beyond its overlay device; a third one would tell whose it was",
  recovers: notUntil("the device's routes and neighbours are put back", { lastsMs: seconds(5), withinMs: seconds(5) }),
});
