import { field, labels, sameLabels, type FuzzPlan, type KubernetesObject } from "../../contract/fuzz-plan.ts";
import type { LoadBalancerFault } from "./kind.ts";

const plan: FuzzPlan<LoadBalancerFault> = {
  around: [
    {
      kind: "load-balancer",
      namespace: "faultline",
      selector: { role: "server" },
      address: "172.18.0.9",
      port: 80,
      targetPort: 8080,
      ipMode: "VIP",
    },
  ],
  before: ["10.96.0.1  \n172.18.0.2 a-worker\n"],
  fields: {
    namespace: field("namespace", ["faultline"]),
    selector: labels("selector"),
    address: field("address", ["172.18.0.9", "fd00::9"], /address|no address that a balancer can have/),
    port: field("port", ["80", "0x50", "1e3"]),
    targetPort: field("targetPort", ["8080", "0x50", "1e3"]),
    ipMode: field("ipMode", ["VIP", "Proxy"]),
  },
  carried: ({ namespace, selector, ipMode }, args) => {
    const [inNamespace, object = "{}", name, status = "{}"] = args;
    const { metadata, spec } = JSON.parse(object) as KubernetesObject<{ selector: object }>;
    const isWhole = inNamespace === namespace && metadata.namespace === namespace && args.length === 4;
    const isShown = name === "service/faultline-fuzz1" && status.endsWith(`","ipMode":"${ipMode}"}]}}}`);
    return isWhole && isShown && sameLabels(spec.selector, selector);
  },
};
export default plan;
