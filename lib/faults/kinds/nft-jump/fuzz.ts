import { field, sameArgs, type FuzzPlan } from "../../contract/fuzz-plan.ts";
import type { NftJumpFault } from "./kind.ts";

const plan: FuzzPlan<NftJumpFault> = {
  around: [{ kind: "nft-jump", family: "ip", table: "kube-proxy", chain: "nat-prerouting", target: "services" }],
  before: ["jump services # handle 12"],
  fields: {
    family: field("family", ["ip", "ip6"]),
    table: field("table", ["kube-proxy", "x_1"]),
    chain: field("chain", ["nat-prerouting"]),
    target: field("target", ["services"]),
  },
  carried: ({ family, table, chain, target }, args) => sameArgs(args, [family, table, chain, target]),
};
export default plan;
