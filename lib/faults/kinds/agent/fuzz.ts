import { field, sameArgs, type FuzzPlan } from "../../contract/fuzz-plan.ts";
import type { AgentFault } from "./kind.ts";

const plan: FuzzPlan<AgentFault> = {
  around: [{ kind: "agent", namespace: "kube-flannel", selector: "app=flannel" }],
  before: ["\nflannel-abcde True"],
  fields: {
    namespace: field("namespace", ["kube-system"]),
    selector: field("selector", ["app=flannel", "app.kubernetes.io/name=cilium-agent"]),
  },
  carried: ({ namespace, selector }, args) => sameArgs(args, ["faultline/agent-gone", namespace, selector, "fuzz1"]),
};
export default plan;
