import { scenario } from "../../lib/mocha/scenario.ts";
import { noFault, seconds, whyNotJoined, within } from "../../lib/scenario/spec.ts";

/**
 * A real pair of clusters with the same pod CIDR, joined by the same routes. Every address of the other cluster also
 * exists in the client's own cluster, whose route is closer, so a pod there answers instead. In the other direction
 * the request arrives, because one node has a part of the CIDR that the other cluster has not assigned; the reply
 * stays in this cluster.
 */
scenario("two joined clusters with the same pod CIDR", {
  claim: "the other cluster's pod is unreachable: a local pod with its address answers, and replies to it are lost",
  documented: ["document 003 (docs/field-documents.md)", "https://submariner.io/getting-started/"],
  needs: { peers: ["twin"] },
  fault: noFault,
  expect: {
    "same → twin by podIP": "wrong-server",
    "hostA → twin by podIP": "wrong-server",
    "hostB → twin by podIP": "wrong-server",
    "twin → other by podIP": "wrong-server",
    "twin → server by podIP": "connect-timeout",
    "same → other by podIP": "ok",
    "other → server by podIP": "ok",
  },
  recovers: within(seconds(5)),
  skipWhen: whyNotJoined,
});
