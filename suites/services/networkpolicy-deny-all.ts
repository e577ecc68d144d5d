import { denyAll, enforcesNetworkPolicy, notUntil, seconds, where, within } from "../../lib/scenario/spec.ts";
import { scenario } from "../../lib/mocha/scenario.ts";

const refused = where(enforcesNetworkPolicy, "connect-timeout").otherwise("ok");

/**
 * A policy that lets nobody in, on the server's pod alone. Its own node still may: the kubelet must be able to probe it. A CNI that knows no policies leaves the object unheeded, which nobody is
 * told either.
 */
scenario("NetworkPolicy deny-all", {
  claim:
    "a policy without an ingress rule silently cuts its pod off from all but its own node, where the CNI enforces it",
  documented: [
    "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
    "https://github.com/flannel-io/flannel/issues/558",
  ],
  fault: denyAll({ role: "server" }),
  appears: within(seconds(10)),
  expect: {
    "same → server by podIP": refused,
    "same → server by ClusterIP": refused,
    "other → server by podIP": refused,
    "other → server by ClusterIP": refused,
    "hostB → server by podIP": refused,
    "hostA → server by podIP": "ok",
    "same → dnsA by podIP": "ok",
    "other → dnsA by podIP": "ok",
  },
  // Also where nothing enforces it: that would not show at once either.
  recovers: notUntil("the policy is deleted", { lastsMs: seconds(3), withinMs: seconds(15) }),
});
