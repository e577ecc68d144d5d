import { FAMILY, field, sameArgs, type FuzzPlan } from "../../contract/fuzz-plan.ts";
import type { IptablesDropFault } from "./kind.ts";

const plan: FuzzPlan<IptablesDropFault> = {
  around: [
    { kind: "iptables-drop", chain: "INPUT", protocol: "udp", destinationPort: 8472 },
    { kind: "iptables-drop", chain: "FORWARD", protocol: "tcp", destinationPort: 80, family: 6 },
  ],
  fields: {
    chain: field("chain", ["FORWARD", "OUTPUT"]),
    protocol: field("protocol", ["tcp", "udp"]),
    destinationPort: field("destinationPort", ["80", "0x50", "1e3"]),
    family: FAMILY,
  },
  carried: ({ chain, protocol, destinationPort, family }, args) => {
    const place = [family === 6 ? "ip6tables" : "iptables", chain, "faultline-fuzz1"];
    const match = ["-p", protocol, "-m", protocol, "--dport", String(destinationPort)];
    const target = ["-m", "comment", "--comment", "faultline-fuzz1", "-j", "DROP"];
    return sameArgs(args, [...place, ...match, ...target]);
  },
};
export default plan;
