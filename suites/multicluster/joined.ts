import { okWith } from "../../lib/model/expectation.ts";
import { scenario } from "../../lib/mocha/scenario.ts";
import { noFault, seconds, whyNotJoined, within } from "../../lib/scenario/spec.ts";

/**
 * Two clusters with distinct CIDRs, joined by routes, as Submariner joins them by tunnels: their pods reach each
 * other by their own addresses. Services are not joined, because the other cluster's kube-proxy does not know them.
 */
scenario("two clusters joined by routes", {
  claim: "pods of two clusters with distinct pod CIDRs reach each other untranslated, but not each other's ClusterIPs",
  documented: ["document 003 (docs/field-documents.md)", "https://submariner.io/getting-started/architecture/"],
  needs: { peers: ["peer"] },
  fault: noFault,
  expect: {
    "same → peer by podIP": okWith("untranslated"),
    "other → peer by podIP": okWith("untranslated"),
    "hostA → peer by podIP": okWith("untranslated"),
    "peer → server by podIP": okWith("untranslated"),
    "peer → other by podIP": okWith("untranslated"),
    "same → peer by podIP with ping": "ok",
    "peer → server by NodePort": "ok",
    "peer → server by ClusterIP": "connect-timeout",
    "other → server by podIP": okWith("untranslated"),
  },
  recovers: within(seconds(5)),
  skipWhen: whyNotJoined,
});
