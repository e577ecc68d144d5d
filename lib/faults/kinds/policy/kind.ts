import { z } from "zod";
import type { PolicyFault } from "../../contract/fault.ts";
import { GUARD } from "../../contract/guard-script.ts";
import { nothingMore, type FaultKind } from "../../contract/kind.ts";
import { FaultNotInForce } from "../../contract/refused.ts";

interface PolicyPrior {
  readonly policy: "ACCEPT";
}

/** $1 iptables or ip6tables, $2 chain: a chain that nobody uses is none, though `iptables -S` would name a policy for it. */
const POLICY = `${GUARD}set -eu
export LC_ALL=C
policy() {
  saved=$("$1-save" -t filter) || exit 1
  printf "%s\\n" "$saved" | awk -v name=":$2" '$1 == name { print $2 }'
}`;

const READ = `${POLICY}
policy "$1" "$2"`;

/** $3 the policy. */
const APPLY = `${POLICY}
if [ "$(policy "$1" "$2")" = "$3" ]; then exit 0; fi
"$1" -w 5 -t filter -P "$2" "$3"`;

/** $3 what we set, $4 what was there. */
const UNDO = `${POLICY}
now=$(policy "$1" "$2")
if [ "$now" = "$4" ]; then echo nothing-to-undo
elif [ "$now" != "$3" ]; then echo "changed-by-other \${now:-chain $2 is gone}"
else
  "$1" -w 5 -t filter -P "$2" "$4"
  echo undone
fi`;

const VERIFY = `${POLICY}
now=$(policy "$1" "$2")
if [ "$now" = "$4" ]; then echo clean
elif [ "$now" = "$3" ]; then echo "still-in-force policy of $2 is $now"
else echo "changed-by-other \${now:-chain $2 is gone}"
fi`;

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
