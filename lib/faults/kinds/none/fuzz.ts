import type { FuzzPlan } from "../../contract/fuzz-plan.ts";
import type { NoFault } from "./kind.ts";

const plan: FuzzPlan<NoFault> = {
  around: [{ kind: "none" }],
  fields: {},
  carried: (_fault, args) => args.length === 0,
};
export default plan;
