import { scenario } from "../../lib/mocha/scenario.ts";
import {
  byOverlayDevice,
  hasOverlay,
  healedBy,
  linkDown,
  lostUnless,
  seconds,
  within,
} from "../../lib/scenario/spec.ts";

const lost = lostUnless("overlay-up", "connect-timeout");

/**
 * The overlay's device is down, as a restarted network service leaves it. Setting it up again is not enough: the
 * kernel has dropped its routes and neighbours, and flannel does not check. The undo restores them, so the paths
 * recover within seconds. Felix watches its device and sets it up again.
 */
scenario("VXLAN device down", {
  claim: "with a node's overlay device down, its pods and other nodes' pods lose each other; all other paths work",
  documented: [
    "https://github.com/projectcalico/calico/issues/4468",
    "https://github.com/flannel-io/flannel/issues/1070",
    "https://github.com/flannel-io/flannel/issues/1434",
  ],
  skipWhen: (context) => (hasOverlay(context) ? null : "the CNI has no overlay, so there is no device to set down"),
  fault: ({ traits }) => linkDown("A", traits.overlay?.device ?? ""),
  healsItself: healedBy("overlay-up", "link", {
    "other → server by podIP": ["connect-timeout", "slow"],
    "other → server by ClusterIP": ["connect-timeout", "slow"],
    "other → server by podIP with ping": ["loss"],
    "hostB → server by podIP": ["connect-timeout", "slow"],
    "same → dnsB by podIP": ["dns-timeout", "slow"],
  }),
  expect: {
    "other → server by podIP": lost,
    "other → server by ClusterIP": lost,
    "other → server by IPv6 podIP": (context) => (byOverlayDevice("IPv6")(context) ? lost(context) : "ok"),
    "other → server by podIP with ping": lostUnless("overlay-up", "loss"),
    "hostB → server by podIP": lost,
    "same → dnsB by podIP": lostUnless("overlay-up", "dns-timeout"),
    "same → server by podIP": "ok",
    "same → server by ClusterIP": "ok",
    "hostB → hostA by nodeIP with ping": "ok",
  },
  sameOnEitherNode:
    "with two nodes, each overlay device leads only to the other node; a third node would tell whose device is down",
  recovers: within(seconds(5)),
});
