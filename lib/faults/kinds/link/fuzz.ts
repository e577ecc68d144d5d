import { field, sameArgs, type FuzzPlan } from "../../contract/fuzz-plan.ts";
import type { LinkFault } from "./kind.ts";

const plan: FuzzPlan<LinkFault> = {
  around: [
    { kind: "link", device: "eth0", state: "down" },
    { kind: "link", device: "eth0", state: "bounced" },
    { kind: "link", device: "eth0", state: "readdressed" },
  ],
  fields: {
    device: field("device", ["eth0", "flannel.1", "lo"]),
    state: field("state", ["down", "bounced", "readdressed"]),
  },
  before: [
    "2: eth0: <BROADCAST,UP> mtu 1500\nroute4 10.0.0.0/8 dev eth0 scope link",
    [
      "2: eth0: <UP> mtu 1500",
      "proxy 10.0.0.9",
      "neighbour 10.0.0.8 lladdr aa:bb:cc:00:00:01",
      "address fd00::1/64 scope global",
    ].join("\n"),
  ],
  carried: ({ device }, args) => sameArgs(args, [device, "faultline-fuzz1"]),
};
export default plan;
