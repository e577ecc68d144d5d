import { field, NETWORKS, type FuzzPlan } from "../../contract/fuzz-plan.ts";
import type { DropFault } from "./kind.ts";

/** Everything that nft may be given: a value outside its place would not match. */
const TABLE = new RegExp(
  [
    "^table inet fl_fuzz1 \\{\\n\\}\\ndelete table inet fl_fuzz1\\n",
    "table inet fl_fuzz1 \\{\\n {2}chain faultline \\{\\n",
    " {4}type filter hook (prerouting|input|forward|output) priority -350; policy accept;\\n",
    " {4}meta l4proto (tcp|udp|\\{ icmp, ipv6-icmp \\})( ip6? saddr [0-9a-f:.]+/\\d+)?( ip6? daddr [0-9a-f:.]+/\\d+)?",
    '( (tcp|udp) dport \\d+)? counter drop comment "faultline fuzz1"\\n {2}\\}\\n\\}\\n$',
  ].join(""),
);

const plan: FuzzPlan<DropFault> = {
  around: [
    { kind: "drop", hook: "input", protocol: "udp", destinationPort: 8472 },
    { kind: "drop", hook: "prerouting", protocol: "icmp", source: "10.0.0.0/8", destination: "10.9.0.1" },
    { kind: "drop", hook: "prerouting", protocol: "tcp", destination: "fd00::1" },
  ],
  fields: {
    hook: field("hook", ["prerouting", "output"]),
    protocol: field("protocol", ["tcp", "icmp"], /protocol|drop icmp has a port/),
    destinationPort: field("destinationPort", ["80", "0x50", "1e3"]),
    source: field("source", NETWORKS, /source|drop from/),
    destination: field("destination", NETWORKS, /destination|drop from/),
  },
  carried: (_fault, args) => args.length === 1 && TABLE.test(args[0] ?? ""),
};
export default plan;
