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
 * The overlay's device down and up again, as after a restart of the node's network service. The link is as it was, and what went with it is not: the
 * kernel has thrown away its routes and neighbours, and the CNI put them there when it started. An agent that watches its device puts them back at once.
 */
scenario("VXLAN device down and up again", {
  claim:
    "after its overlay device was down and is up again a node's pods stay cut off, until its routes are put back; an agent that watches does so",
  documented: [
    "https://github.com/flannel-io/flannel/issues/1070",
    "https://github.com/flannel-io/flannel/issues/1434",
  ],
  skipWhen: (context) => {
    if (!hasOverlay(context)) return "the CNI has no overlay, so there is no device to bounce";
    return hasVtepNeighbours(context)
      ? null
      : "all that goes with such a device the kernel brings back by itself: its endpoints are in BPF maps";
  },
  fault: ({ traits }) => linkBounced("A", traits.overlay?.device ?? ""),
  // Within a second, so there may be nothing to be seen of it meanwhile.
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
    "of two nodes each has only the other beyond its overlay device; a third one would tell whose it was",
  recovers: notUntil("the device's routes and neighbours are put back", { lastsMs: seconds(5), withinMs: seconds(5) }),
});
