import { okWith } from "../../lib/model/expectation.ts";
import { scenario } from "../../lib/mocha/scenario.ts";
import { noFault, seconds, within } from "../../lib/scenario/spec.ts";

/**
 * Document 004, flow by flow. Pods reach each other without NAT on one node and across nodes, and a node reaches its
 * pods without NAT. The containers of a pod share its address. A Service's address is translated to an endpoint, and
 * back in the reply.
 */
scenario("normal packet flow", {
  claim:
    "pod to pod and node to pod need no NAT, containers of a pod share its IP, and a Service is DNAT to an endpoint",
  documented: ["document 004 (docs/field-documents.md)", "https://kubernetes.io/docs/concepts/services-networking/"],
  fault: noFault,
  expect: {
    "same → server by podIP": okWith("untranslated"),
    "other → server by podIP": okWith("untranslated"),
    "hostA → server by podIP": okWith("untranslated"),
    "hostB → server by podIP": okWith("untranslated"),
    "same → sidecar by podIP": okWith("untranslated"),
    "server → sidecar by localhost": okWith("this-pod"),
    "sidecar → server by podIP": okWith("this-pod"),
    "same → server by ClusterIP": okWith("dnat"),
    "other → server by ClusterIP": okWith("dnat"),
    "same → server by Service name": okWith("dnat"),
    "other → server by Service name": okWith("dnat"),
    "outside → server by NodePort": "ok",
    "same → dns by ClusterIP": "ok",
    "other → dns by ClusterIP": "ok",
    "other → server by podIP with ping": "ok",
    "hostA → hostB by nodeIP with ping": "ok",
  },
  recovers: within(seconds(5)),
});
