import { FAMILY, field, sameArgs, type FuzzPlan } from "../../contract/fuzz-plan.ts";
import type { RuleFault } from "./kind.ts";

const plan: FuzzPlan<RuleFault> = {
  around: [
    { kind: "rule", table: "filter", chain: "FORWARD", target: "FLANNEL-FWD" },
    { kind: "rule", table: "nat", chain: "PREROUTING", target: "KUBE-SERVICES", comment: "it's", family: 6 },
  ],
  before: [
    [
      ":FORWARD ACCEPT [0:0]",
      ":FLANNEL-FWD - [0:0]",
      "-A FORWARD -j X",
      '-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD',
      "-A FORWARD -j Y",
    ].join("\n"),
    ':PREROUTING ACCEPT [0:0]\n\n-A PREROUTING -m comment --comment "it\\\'s" -j KUBE-SERVICES',
  ],
  fields: {
    table: field("table", ["filter", "raw"]),
    chain: field("chain", ["FORWARD", "cali-fw-cali1234567890a"]),
    target: field("target", ["ACCEPT", "KUBE-SEP-7IJNSV7EQAB7PM64"]),
    comment: field("comment", ["flanneld forward", 'a "b" \\c']),
    family: FAMILY,
  },
  carried: ({ table, chain, target, comment, family }, args) => {
    const place = [family === 6 ? "ip6tables" : "iptables", table, chain, target];
    const match = comment === undefined ? [] : ["-m", "comment", "--comment", comment];
    // The fifth argument is the rule as one line.
    return sameArgs(args.toSpliced(4, 1), [...place, ...match, "-j", target]);
  },
};
export default plan;
