import { field, labels, sameLabels, type FuzzPlan, type KubernetesObject } from "../../contract/fuzz-plan.ts";
import type { NetworkPolicyFault } from "./kind.ts";

const plan: FuzzPlan<NetworkPolicyFault> = {
  around: [{ kind: "network-policy", namespace: "faultline", podSelector: { role: "server" } }],
  before: [""],
  fields: { namespace: field("namespace", ["faultline"]), podSelector: labels("podSelector") },
  carried: ({ namespace, podSelector }, args) => {
    const [inNamespace, object = "{}"] = args;
    const { metadata, spec } = JSON.parse(object) as KubernetesObject<{ podSelector: { matchLabels: object } }>;
    const isWhole = inNamespace === namespace && metadata.namespace === namespace && args.length === 2;
    return isWhole && sameLabels(spec.podSelector.matchLabels, podSelector);
  },
};
export default plan;
