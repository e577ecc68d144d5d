import { familiesOf } from "../../lib/cell.ts";
import { scenario } from "../../lib/mocha/scenario.ts";
import { forwardPolicy, ruleGone, seconds, within } from "../../lib/scenario.ts";

/**
 * Docker, a firewall or a hardening script sets FORWARD's policy to DROP, and the rule that accepts the pods' traffic is gone: all that a node forwards or bridges is lost.
 * An agent that looks after its rule has it back at its next look. The policy stays, and does no harm any more.
 */
scenario("FORWARD policy DROP without the CNI's accept rule", {
  claim: "pods are cut off until the CNI's agent has put its rule back; the DROP policy alone breaks nothing",
  documented: [
    "https://github.com/kubernetes/kubernetes/issues/40182",
    "https://github.com/flannel-io/flannel/issues/1668",
  ],
  skipWhen: ({ traits }) => (traits.resync ? null : "no agent looks after a FORWARD rule of its own"),
  fault: ({ cell, traits }) => [
    forwardPolicy("A", "DROP", familiesOf(cell)[0]),
    ruleGone("A", traits.resync?.rule ?? { table: "filter", chain: "FORWARD", target: "" }, familiesOf(cell)[0]),
  ],
  healsItself: ({ traits: { resync } }) =>
    resync
      ? {
          by: resync.by,
          kind: "rule",
          // One look, and time to write.
          withinMs: resync.everyMs + seconds(3),
          meanwhile: {
            "same → server by podIP": ["connect-timeout", "slow"],
            "same → server by ClusterIP": ["connect-timeout", "slow"],
            "other → server by podIP": ["connect-timeout", "slow"],
          },
        }
      : null,
  expect: {
    "same → server by podIP": "ok",
    "same → server by ClusterIP": "ok",
    "other → server by podIP": "ok",
    "hostA → server by podIP": "ok",
    "hostB → hostA by nodeIP with ping": "ok",
  },
  recovers: within(seconds(5)),
});
