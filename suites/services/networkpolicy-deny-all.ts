import { denyAll, enforcesNetworkPolicy, notUntil, seconds, where, within } from "../../lib/scenario/spec.ts";
import { scenario } from "../../lib/mocha/scenario.ts";

const refused = where(enforcesNetworkPolicy, "connect-timeout").otherwise("ok");

/**
 * A policy without an ingress rule, on the server's pod only. Its own node may still connect, because the kubelet
 * must be able to probe the pod. A CNI without policies ignores the object and reports no error.
 */
scenario("NetworkPolicy deny-all", {
  claim: "if the CNI enforces it, a policy without an ingress rule silently cuts its pod off from all but its own node",
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
  // Also in cells that do not enforce it, because enforcement would not show at once either.
  recovers: notUntil("the policy is deleted", { lastsMs: seconds(3), withinMs: seconds(15) }),
});
