import { field, labels, sameLabels, type FuzzPlan } from "../../contract/fuzz-plan.ts";
import type { SelectorFault } from "./kind.ts";

const plan: FuzzPlan<SelectorFault> = {
  around: [{ kind: "selector", namespace: "faultline", service: "server", selector: { app: "nobody" } }],
  before: ['{"app":"server"}'],
  fields: {
    namespace: field("namespace", ["faultline"]),
    service: field("service", ["server"]),
    selector: labels("selector"),
  },
  carried: ({ namespace, service, selector }, args) => {
    const [inNamespace, name, wanted = ""] = args;
    const isCarried = sameLabels(JSON.parse(wanted) as object, selector);
    return inNamespace === namespace && name === service && isCarried && args.length === 4;
  },
};
export default plan;
