import { scenario } from "../../lib/mocha/scenario.ts";
import { noFault, seconds, whyNotJoined, within } from "../../lib/scenario/spec.ts";

/**
 * A real pair with the same pod CIDR, joined by the same routes. Every address of the other cluster is one's own as well, and the own network is nearer: a pod of one's own answers in
 * the other's place. The other way round the request arrives, since one node has a part of the CIDR that the other cluster has not given out, and the reply stays here.
 */
scenario("two joined clusters with the same pod CIDR", {
  claim:
    "the other cluster's pod is never reached: a pod of one's own with its address answers, and replies to it get lost",
  documented: ["document 003", "https://submariner.io/getting-started/"],
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
