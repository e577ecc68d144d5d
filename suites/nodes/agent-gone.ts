import { scenario } from "../../lib/mocha/scenario.ts";
import { agentGone, notUntil, seconds } from "../../lib/scenario/spec.ts";

/**
 * The CNI's agent leaves a node, because it is evicted or its DaemonSet no longer matches. Its state stays in the
 * kernel or in BPF maps, so running pods notice nothing. The fault's own output says whether the node stays Ready.
 * The page of this failure mode describes what a new pod meets.
 */
scenario("CNI agent gone from a node", {
  claim: "without the CNI's agent on a node, its running pods keep all their paths",
  documented: ["https://github.com/cilium/cilium/issues/37271", "https://github.com/cilium/cilium/issues/30609"],
  skipWhen: ({ traits }) => (traits.agent ? null : "the CNI has no agent: its plugins run when a pod comes or goes"),
  fault: ({ traits }) => agentGone("A", traits.agent ?? { namespace: "none", selector: "none=none" }),
  expect: {
    "same → server by podIP": "ok",
    "same → server by ClusterIP": "ok",
    "same → dnsB by podIP": "ok",
    "other → server by podIP": "ok",
    "other → server by ClusterIP": "ok",
    "hostB → server by podIP": "ok",
    "same → dns by ClusterIP": "ok",
    "outside → server by NodePort": "ok",
  },
  recovers: notUntil("the agent is back", { lastsMs: seconds(5), withinMs: seconds(15) }),
});
