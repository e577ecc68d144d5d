import { z } from "zod";
import type { IptablesDropFault } from "../../contract/fault.ts";
import { GUARD } from "../../contract/guard-script.ts";
import { nothingMore, type FaultKind } from "../../contract/kind.ts";
import { iptables } from "../policy/kind.ts";
import { portSchema } from "../../contract/values.ts";

/** $1 iptables or ip6tables, $2 chain, $3 our mark. $rules: those of the chain, a line each; $number: the place of ours, empty when there is none. */
const LOOK = `${GUARD}set -eu
export LC_ALL=C
tool=$1 chain=$2 mark=$3
shift 3
look() {
  saved=$("$tool-save" -c -t filter) || exit 1
  rules=$(printf "%s\\n" "$saved" | awk -v name="$chain" '$2 == "-A" && $3 == name')
  number=$(printf "%s\\n" "$rules" | awk -v mark="--comment $mark " 'index($0 " ", mark) { print NR; exit }')
}
look`;

/** Then the rule's words. Whoever asks twice has it once. */
const APPLY = `${LOOK}
if [ -z "$number" ]; then "$tool" -w 5 -t filter -I "$chain" 1 "$@"; fi`;

/** `2 [17:1156] -A INPUT …`: its place, then what iptables-save says of it. */
const READ_BACK = `${LOOK}
if [ -n "$number" ]; then printf "%s " "$number"; printf "%s\\n" "$rules" | sed -n "$number{p;q}"; fi`;

const UNDO = `${LOOK}
said=nothing-to-undo
while [ -n "$number" ]; do
  "$tool" -w 5 -t filter -D "$chain" "$@"
  said=undone
  look
done
echo "$said"`;

const VERIFY = `${LOOK}
if [ -z "$number" ]; then echo clean; else echo "still-in-force rule $number of $chain carries our mark $mark"; fi`;

function place({ chain, family }: IptablesDropFault, id: string): readonly string[] {
  return [iptables(family), chain, `faultline-${id}`];
}

/** The same words put it in and take it out. */
function withWords(fault: IptablesDropFault, id: string): readonly string[] {
  const { protocol, destinationPort } = fault;
  const match = ["-p", protocol, "-m", protocol, "--dport", String(destinationPort)];
  return [...place(fault, id), ...match, "-m", "comment", "--comment", `faultline-${id}`, "-j", "DROP"];
}

/**
 * Packets dropped by a rule at the top of a chain of iptables' filter table, as an administrator or a host firewall would put it there. In force only while it is
 * the first of its chain: an agent that wants to be first itself takes that place back (Felix, calico #2672). For a drop that comes before any agent's rule see the kind `drop`.
 */
export const iptablesDropKind: FaultKind<IptablesDropFault, null> = {
  kind: "iptables-drop",
  scope: "namespace",
  schema: z.strictObject({
    kind: z.literal("iptables-drop"),
    chain: z.enum(["INPUT", "FORWARD", "OUTPUT"]),
    protocol: z.enum(["tcp", "udp"]),
    destinationPort: portSchema,
    family: z.literal([4, 6]).exactOptional(),
  }),
  priorSchema: z.null(),
  validate: nothingMore,
  /** Only one can be first. */
  claims: ({ chain, family }) => [`${iptables(family)} filter ${chain} first rule`],
  capture: (fault) => ({ script: LOOK, args: place(fault, "none") }),
  captured: () => null,
  priorInPlan: () => null,
  apply: (fault, _prior, id) => ({ script: APPLY, args: withWords(fault, id) }),
  readBack: (fault, _prior, id) => ({ script: READ_BACK, args: place(fault, id) }),
  readBackSaid({ chain }, stdout) {
    const [, number, packets, bytes] = /^(\d+) \[(\d+):(\d+)\] /.exec(stdout) ?? [];
    if (number === undefined) return { inForce: false, detail: `the rule is not in ${chain} any more` };
    const count = Number(packets);
    const detail = `dropped ${count} packets, ${bytes} bytes`;
    if (number === "1") return { inForce: true, detail, count };
    return {
      inForce: false,
      detail: `the rule is number ${number} of ${chain} by now, others are ahead; ${detail}`,
      count,
    };
  },
  undo: (fault, _prior, id) => ({ script: UNDO, args: withWords(fault, id) }),
  verifyUndone: (fault, _prior, id) => ({ script: VERIFY, args: place(fault, id) }),
};
