import { familiesOf } from "../../lib/model/cell.ts";
import { scenario } from "../../lib/mocha/scenario.ts";
import {
  forwardPolicy,
  healedBy,
  isForwardAcceptedBy,
  ruleGone,
  seconds,
  where,
  within,
} from "../../lib/scenario/spec.ts";
import { resyncOf } from "../../lib/model/traits.ts";

const unlessAccepted = where(isForwardAcceptedBy("none"), "connect-timeout").otherwise("ok");

/**
 * Docker, a firewall or a hardening script sets FORWARD's policy to DROP, and the rule that accepts the pods' traffic
 * is gone: the node loses everything that it forwards or bridges. An agent that maintains its rule restores it at its
 * next look; the policy stays and is then harmless. It is harmless from the start where the agent's own chains come
 * before all others or BPF bypasses the chain. Where nothing accepts the traffic, the symptom lasts.
 */
scenario("FORWARD policy DROP without the CNI's accept rule", {
  claim: "pods are cut off until the CNI's agent has put its rule back; the DROP policy alone breaks nothing",
  documented: [
    "https://github.com/kubernetes/kubernetes/issues/40182",
    "https://github.com/flannel-io/flannel/issues/1668",
  ],
  fault: ({ cell, traits }) => {
    const agent = resyncOf(traits, "forward-rule");
    const [family] = familiesOf(cell);
    return [forwardPolicy("A", "DROP", family), ...(agent ? [ruleGone("A", agent.rule, family)] : [])];
  },
  healsItself: healedBy("forward-rule", "rule", {
    "same → server by podIP": ["connect-timeout", "slow"],
    "same → server by ClusterIP": ["connect-timeout", "slow"],
    "other → server by podIP": ["connect-timeout", "slow"],
  }),
  expect: {
    "same → server by podIP": unlessAccepted,
    "same → server by ClusterIP": unlessAccepted,
    "other → server by podIP": unlessAccepted,
    "hostA → server by podIP": "ok",
    "hostB → hostA by nodeIP with ping": "ok",
  },
  recovers: within(seconds(5)),
});
