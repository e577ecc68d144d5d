import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Family } from "../../../model/cell.ts";
import type { NodeRole } from "../../../model/nodes.ts";
import { GUARD } from "../../contract/guard-script.ts";
import { familySchema, inFamily, iptables } from "../../contract/iptables.ts";
import { nothingMore, type FaultKind, type NodeFaultOf } from "../../contract/kind.ts";
import { FaultNotInForce } from "../../contract/refused.ts";

const script = (name: string): string => readFileSync(new URL(`${name}.sh`, import.meta.url), "utf8");
const COMMON = `${GUARD}${script("common")}`;
/** Also the read-back. */
const CAPTURE = `${COMMON}${script("capture")}`;
const APPLY = `${COMMON}${script("apply")}`;
const UNDO = `${COMMON}${script("undo")}`;
const VERIFY = `${COMMON}${script("verify")}`;

const schema = z.strictObject({
  kind: z.literal("policy"),
  chain: z.enum(["FORWARD", "INPUT", "OUTPUT"]),
  policy: z.literal("DROP"),
  family: familySchema,
});
const priorSchema = z.strictObject({ policy: z.literal("ACCEPT") });

/** Sets the policy of a built-in chain of iptables' filter table: the fate of packets that no rule decides. */
export type PolicyFault = Readonly<z.output<typeof schema>>;
type PolicyPrior = Readonly<z.output<typeof priorSchema>>;

/** Put back only while the policy is the one we set. */
const policyKind: FaultKind<PolicyFault, PolicyPrior> = {
  kind: "policy",
  schema,
  priorSchema,
  describe: ({ chain, policy, family }) => `${iptables(family)} policy ${chain} ${policy}`,
  steps(fault) {
    const [tool, chain] = args(fault);
    const { policy } = fault;
    return {
      apply: [`${tool} -t filter -P ${chain} ${policy}`],
      readBack: [`${tool} -t filter -S ${chain}  # begins with -P ${chain} ${policy}`],
      undo: [`${tool} -t filter -P ${chain} ACCEPT  # only while it is ${policy}`],
      verify: [`${tool} -t filter -S ${chain}  # begins with -P ${chain} ACCEPT`],
    };
  },
  scope: () => "namespace",
  validate: nothingMore,
  claims: (fault) => [`${args(fault).join(" filter ")} policy`],
  capture: (fault) => ({ script: CAPTURE, args: args(fault) }),
  captured({ chain, policy }, stdout) {
    const now = stdout.trim();
    if (now === "ACCEPT") return { policy: now };
    throw now === ""
      ? new FaultNotInForce(
          `nothing on the node uses chain ${chain} of iptables' filter table`,
          "see iptables-save on the node; where nothing filters, a policy has no effect that could be undone",
        )
      : new FaultNotInForce(`the policy of chain ${chain} is ${now} already`, `it must be ACCEPT to become ${policy}`);
  },
  priorInPlan: () => ({ policy: "ACCEPT" }),
  apply: (fault) => ({ script: APPLY, args: [...args(fault), fault.policy] }),
  readBack: (fault) => ({ script: CAPTURE, args: args(fault) }),
  readBackSaid: ({ chain, policy }, stdout) => ({
    inForce: stdout.trim() === policy,
    detail: stdout.trim() === "" ? `chain ${chain} is gone` : `policy of ${chain} is ${stdout.trim()}`,
  }),
  undo: (fault, prior) => ({ script: UNDO, args: [...args(fault), fault.policy, prior.policy] }),
  verifyUndone: (fault, prior) => ({ script: VERIFY, args: [...args(fault), fault.policy, prior.policy] }),
};
export default policyKind;

function args({ chain, family }: PolicyFault): readonly [string, string] {
  return [iptables(family), chain];
}

/**
 * Sets the policy of iptables' (or ip6tables') FORWARD chain on a node: the fate of forwarded packets that no rule
 * decides.
 */
export function forwardPolicy(node: NodeRole, policy: "DROP", family: Family = "IPv4"): NodeFaultOf<PolicyFault> {
  return { node, fault: { kind: "policy", chain: "FORWARD", policy, ...inFamily(family) } };
}
