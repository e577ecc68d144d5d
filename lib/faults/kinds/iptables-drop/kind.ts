import { readFileSync } from "node:fs";
import { z } from "zod";
import type { NodeRole } from "../../../model/nodes.ts";
import { GUARD } from "../../contract/guard-script.ts";
import { familySchema, iptables } from "../../contract/iptables.ts";
import { nothingMore, type FaultKind, type NodeFaultOf } from "../../contract/kind.ts";
import { markOf } from "../../contract/marks.ts";
import { portSchema } from "../../contract/values.ts";

const script = (name: string): string => readFileSync(new URL(`${name}.sh`, import.meta.url), "utf8");
/** Also the capture: it fails where iptables cannot be read, and prints nothing. */
const COMMON = `${GUARD}${script("common")}`;
const APPLY = `${COMMON}${script("apply")}`;
const READ_BACK = `${COMMON}${script("read-back")}`;
const UNDO = `${COMMON}${script("undo")}`;
const VERIFY = `${COMMON}${script("verify")}`;

const schema = z.strictObject({
  kind: z.literal("iptables-drop"),
  chain: z.enum(["INPUT", "FORWARD", "OUTPUT"]),
  protocol: z.enum(["tcp", "udp"]),
  destinationPort: portSchema,
  family: familySchema,
});

/** Drops matching packets by a rule at the top of a chain of iptables' filter table. */
export type IptablesDropFault = Readonly<z.output<typeof schema>>;

/**
 * A rule as an administrator or a host firewall would insert it. In force only while it is the first of its chain: an
 * agent that wants to be first takes that place back (Felix, calico #2672). The kind `drop` comes before any agent's
 * rule.
 */
const iptablesDropKind: FaultKind<IptablesDropFault, null> = {
  kind: "iptables-drop",
  schema,
  priorSchema: z.null(),
  describe: ({ chain, protocol, destinationPort, family }) =>
    `${iptables(family)} drop ${protocol} port ${destinationPort} first in ${chain}`,
  steps(fault, _prior, id) {
    const { chain, protocol, destinationPort, family } = fault;
    const filter = `${iptables(family)} -t filter`;
    const rule = `-p ${protocol} --dport ${destinationPort} -m comment --comment ${markOf(id)} -j DROP`;
    return {
      apply: [`${filter} -I ${chain} 1 ${rule}`],
      readBack: [`${filter} -vnL ${chain} 1  # is the rule with ${markOf(id)}`],
      undo: [`${filter} -D ${chain} ${rule}`],
      verify: [`${filter} -S ${chain}  # without ${markOf(id)}`],
    };
  },
  scope: () => "namespace",
  validate: nothingMore,
  /** Only one rule can be first. */
  claims: ({ chain, family }) => [`${iptables(family)} filter ${chain} first rule`],
  capture: (fault) => ({ script: COMMON, args: place(fault, "none") }),
  captured: () => null,
  priorInPlan: () => null,
  apply: (fault, _prior, id) => ({ script: APPLY, args: withWords(fault, id) }),
  readBack: (fault, _prior, id) => ({ script: READ_BACK, args: place(fault, id) }),
  readBackSaid({ chain }, stdout) {
    const [, number, packets, bytes] = /^(\d+) \[(\d+):(\d+)\] /.exec(stdout) ?? [];
    if (number === undefined) return { inForce: false, detail: `the rule is no longer in ${chain}` };
    const count = Number(packets);
    const detail = `dropped ${count} packets, ${bytes} bytes`;
    if (number === "1") return { inForce: true, detail, count };
    return {
      inForce: false,
      detail: `the rule is number ${number} of ${chain}, others come before it; ${detail}`,
      count,
    };
  },
  undo: (fault, _prior, id) => ({ script: UNDO, args: withWords(fault, id) }),
  verifyUndone: (fault, _prior, id) => ({ script: VERIFY, args: place(fault, id) }),
};
export default iptablesDropKind;

function place({ chain, family }: IptablesDropFault, id: string): readonly string[] {
  return [iptables(family), chain, markOf(id)];
}

/** Returns the place and the rule's words: the same words insert the rule and delete it. */
function withWords(fault: IptablesDropFault, id: string): readonly string[] {
  const { protocol, destinationPort } = fault;
  const match = ["-p", protocol, "-m", protocol, "--dport", String(destinationPort)];
  return [...place(fault, id), ...match, "-m", "comment", "--comment", markOf(id), "-j", "DROP"];
}

/**
 * Drops matching packets by a rule at the top of a chain of iptables' filter table: in force while it is the first
 * there.
 */
export function dropFirst(node: NodeRole, match: Omit<IptablesDropFault, "kind">): NodeFaultOf<IptablesDropFault> {
  return { node, fault: { kind: "iptables-drop", ...match } };
}
