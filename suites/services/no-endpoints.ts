import { scenario } from "../../lib/mocha/scenario.ts";
import { seconds, selectNobody, within } from "../../lib/scenario/spec.ts";

/**
 * kube-proxy answers for a Service without ready endpoints with a REJECT. In several CNIs and proxy modes a
 * regression made clients hang instead.
 */
scenario("Service without endpoints", {
  claim: "a Service without ready endpoints refuses every client at once and does not hang",
  documented: [
    "https://github.com/kubernetes/kubernetes/issues/17359",
    "https://github.com/kubernetes/kubernetes/pull/72534",
    "https://github.com/projectcalico/calico/issues/3548",
  ],
  fault: selectNobody("server"),
  appears: within(seconds(10)),
  expect: {
    "same → server by ClusterIP": "connection-refused",
    "other → server by ClusterIP": "connection-refused",
    "hostB → server by ClusterIP": "connection-refused",
    "other → server by IPv6 ClusterIP": "connection-refused",
    "outside → server by NodePort": "connection-refused",
    "same → server by podIP": "ok",
    "other → server by podIP": "ok",
    "same → dns by ClusterIP": "ok",
  },
  recovers: within(seconds(15)),
});
