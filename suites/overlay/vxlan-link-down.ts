import { scenario } from "../../lib/mocha/scenario.ts";
import { hasOverlay, isKeptUp, linkDown, seconds, where, within } from "../../lib/scenario.ts";

/**
 * The overlay's device down, as a restarted network service leaves it. Setting it up again is not enough: the kernel has thrown away its routes and
 * neighbours, and an agent that does not look leaves it so. Here undoing gives them back, which is why it recovers within seconds. One that looks sets it up by itself.
 */
scenario("VXLAN device down", {
  claim:
    "with the overlay's device down on a node, its pods and those of other nodes do not reach each other, all else is well; an agent that looks mends it",
  documented: [
    "https://github.com/projectcalico/calico/issues/4468",
    "https://github.com/flannel-io/flannel/issues/1070",
    "https://github.com/flannel-io/flannel/issues/1434",
  ],
  skipWhen: (context) => (hasOverlay(context) ? null : "the CNI has no overlay, so there is no device to set down"),
  fault: ({ traits }) => linkDown("A", traits.overlay?.device ?? ""),
  healsItself: ({ traits: { overlay } }) =>
    overlay?.keptUp
      ? {
          by: overlay.keptUp.by,
          kind: "link",
          // One look, and time to write.
          withinMs: overlay.keptUp.everyMs + seconds(3),
          meanwhile: { "other → server by podIP": ["connect-timeout", "slow"] },
        }
      : null,
  expect: {
    "other → server by podIP": where(isKeptUp, "ok").otherwise("connect-timeout"),
    "other → server by ClusterIP": where(isKeptUp, "ok").otherwise("connect-timeout"),
    "other → server by podIP with ping": where(isKeptUp, "ok").otherwise("loss"),
    "hostB → server by podIP": where(isKeptUp, "ok").otherwise("connect-timeout"),
    "same → dnsB by podIP": where(isKeptUp, "ok").otherwise("dns-timeout"),
    "same → server by podIP": "ok",
    "same → server by ClusterIP": "ok",
    "hostB → hostA by nodeIP with ping": "ok",
  },
  sameOnEitherNode:
    "of two nodes each has only the other beyond its overlay device; a third one would tell whose is down",
  recovers: within(seconds(5)),
});
