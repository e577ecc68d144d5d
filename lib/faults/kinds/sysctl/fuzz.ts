import { field, sameArgs, type FuzzPlan } from "../../contract/fuzz-plan.ts";
import type { SysctlFault } from "./kind.ts";

const plan: FuzzPlan<SysctlFault> = {
  around: [{ kind: "sysctl", key: "net.ipv4.ip_forward", value: "0" }],
  before: ["1", "1\nnet/ipv4/conf/eth0/forwarding=1"],
  fields: {
    key: field("key", ["net.ipv4.ip_forward", "net.ipv4.conf.eth0/1.rp_filter", "net.core.rmem_max"], /key|^sysctl /),
    value: field("value", ["0", "1 2", "a:b-c"]),
  },
  carried: ({ key, value }, args) => {
    const path = key
      .split("/")
      .map((part) => part.replaceAll(".", "/"))
      .join(".");
    return sameArgs(args, [path, value]);
  },
};
export default plan;
