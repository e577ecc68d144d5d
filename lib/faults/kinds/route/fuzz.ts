import { field, NETWORKS, sameArgs, type FuzzPlan } from "../../contract/fuzz-plan.ts";
import { network } from "../../contract/values.ts";
import type { RouteFault } from "./kind.ts";

const plan: FuzzPlan<RouteFault> = {
  around: [
    { kind: "route", type: "blackhole", to: "10.9.0.0/16" },
    { kind: "route", type: "unicast", to: "fd00::/64", device: "eth0" },
  ],
  fields: {
    type: field("type", ["unicast", "unreachable", "blackhole"], /type|fault route/),
    to: field("to", NETWORKS),
    device: field("device", ["eth0", "flannel.1", "veth12@if3"], /device/),
  },
  carried: ({ to, type, device }, args) => {
    const { family, cidr } = network(to);
    const link = device === undefined ? [] : ["dev", device, ...(family === 4 ? ["scope", "link"] : [])];
    return sameArgs(args, [`-${family}`, cidr, "201", type, ...link]);
  },
};
export default plan;
