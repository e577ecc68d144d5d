import { okWith } from "../../lib/model/expectation.ts";
import { scenario } from "../../lib/mocha/scenario.ts";
import { noFault, seconds, within } from "../../lib/scenario/spec.ts";

/**
 * Repeats the flows of baseline/packet-flow over the second family of a dual-stack cluster, in which each pod and
 * Service has an address of both families.
 */
scenario("normal packet flow over IPv6, beside IPv4", {
  claim: "in a dual-stack cluster IPv6 flows like IPv4: no NAT between pods, DNAT for a Service, DNS answers of both",
  documented: [
    "document 004 (docs/field-documents.md)",
    "https://kubernetes.io/docs/concepts/services-networking/dual-stack/",
  ],
  needs: { families: ["IPv4", "IPv6"] },
  fault: noFault,
  expect: {
    "same → server by IPv6 podIP": okWith("untranslated"),
    "other → server by IPv6 podIP": okWith("untranslated"),
    "hostA → server by IPv6 podIP": okWith("untranslated"),
    "hostB → server by IPv6 podIP": okWith("untranslated"),
    "same → sidecar by IPv6 podIP": okWith("untranslated"),
    "server → sidecar by IPv6 localhost": okWith("this-pod"),
    "sidecar → server by IPv6 podIP": okWith("this-pod"),
    "same → server by IPv6 ClusterIP": okWith("dnat"),
    "other → server by IPv6 ClusterIP": okWith("dnat"),
    "same → server by IPv6 Service name": okWith("dnat"),
    "other → server by IPv6 Service name": okWith("dnat"),
    "outside → server by IPv6 NodePort": "ok",
    "same → dns by IPv6 ClusterIP": "ok",
    "other → dns by IPv6 ClusterIP": "ok",
    "same → dnsB by IPv6 podIP": "ok",
    "other → server by IPv6 podIP with ping": "ok",
    "hostA → hostB by IPv6 nodeIP with ping": "ok",
    // One flow of each kind over IPv4, for comparison.
    "other → server by podIP": okWith("untranslated"),
    "other → server by Service name": okWith("dnat"),
  },
  recovers: within(seconds(5)),
});
