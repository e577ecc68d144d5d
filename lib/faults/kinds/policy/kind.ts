import { readFileSync } from "node:fs";
import { z } from "zod";
import type { PolicyFault } from "../../contract/fault.ts";
import { GUARD } from "../../contract/guard-script.ts";
import { nothingMore, type FaultKind } from "../../contract/kind.ts";
import { FaultNotInForce } from "../../contract/refused.ts";

const script = (name: string): string => readFileSync(new URL(`${name}.sh`, import.meta.url), "utf8");
const COMMON = `${GUARD}${script("common")}`;
const READ = `${COMMON}${script("capture")}`;
const APPLY = `${COMMON}${script("apply")}`;
const UNDO = `${COMMON}${script("undo")}`;
const VERIFY = `${COMMON}${script("verify")}`;

interface PolicyPrior {
  readonly policy: "ACCEPT";
}

/** The tool of an IP family. The node's own alternative is the backend in use: nf_tables on our nodes, which agents find by what is there already. */
export function iptables(family: 4 | 6 = 4): "iptables" | "ip6tables" {
  return family === 4 ? "iptables" : "ip6tables";
}

function args({ chain, family }: PolicyFault): readonly [string, string] {
  return [iptables(family), chain];
}

/** The policy of a built-in chain of iptables' filter table: what becomes of packets that no rule decides. Put back only while it is what we set. */
export const policyKind: FaultKind<PolicyFault, PolicyPrior> = {
  kind: "policy",
  scope: "namespace",
  schema: z.strictObject({
    kind: z.literal("policy"),
    chain: z.enum(["FORWARD", "INPUT", "OUTPUT"]),
    policy: z.literal("DROP"),
    family: z.literal([4, 6]).exactOptional(),
  }),
  priorSchema: z.strictObject({ policy: z.literal("ACCEPT") }),
  validate: nothingMore,
  claims: (fault) => [`${args(fault).join(" filter ")} policy`],
  capture: (fault) => ({ script: READ, args: args(fault) }),
  captured({ chain, policy }, stdout) {
    const now = stdout.trim();
    if (now === "ACCEPT") return { policy: now };
    throw now === ""
      ? new FaultNotInForce(
          `nothing on the node uses chain ${chain} of iptables' filter table`,
          "see iptables-save on the node; where nothing filters, a policy has no effect that could be taken back",
        )
      : new FaultNotInForce(`the policy of chain ${chain} is ${now} already`, `it must be ACCEPT to become ${policy}`);
  },
  priorInPlan: () => ({ policy: "ACCEPT" }),
  apply: (fault) => ({ script: APPLY, args: [...args(fault), fault.policy] }),
  readBack: (fault) => ({ script: READ, args: args(fault) }),
  readBackSaid: ({ chain, policy }, stdout) => ({
    inForce: stdout.trim() === policy,
    detail: stdout.trim() === "" ? `chain ${chain} is gone` : `policy of ${chain} is ${stdout.trim()}`,
  }),
  undo: (fault, prior) => ({ script: UNDO, args: [...args(fault), fault.policy, prior.policy] }),
  verifyUndone: (fault, prior) => ({ script: VERIFY, args: [...args(fault), fault.policy, prior.policy] }),
};
