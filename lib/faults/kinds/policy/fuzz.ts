import { FAMILY, field, sameArgs, type FuzzPlan } from "../../contract/fuzz-plan.ts";
import type { PolicyFault } from "./kind.ts";

const plan: FuzzPlan<PolicyFault> = {
  around: [
    { kind: "policy", chain: "FORWARD", policy: "DROP" },
    { kind: "policy", chain: "INPUT", policy: "DROP", family: 6 },
  ],
  before: ["ACCEPT"],
  fields: { chain: field("chain", ["FORWARD", "OUTPUT"]), policy: field("policy", ["DROP"]), family: FAMILY },
  carried: ({ chain, policy, family }, args) =>
    sameArgs(args, [family === 6 ? "ip6tables" : "iptables", chain, policy]),
};
export default plan;
