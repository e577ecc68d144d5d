import { readFileSync } from "node:fs";
import { z } from "zod";
import type { IptablesDropFault } from "../../contract/fault.ts";
import { GUARD } from "../../contract/guard-script.ts";
import { nothingMore, type FaultKind } from "../../contract/kind.ts";
import { iptables } from "../policy/kind.ts";
import { portSchema } from "../../contract/values.ts";

const script = (name: string): string => readFileSync(new URL(`${name}.sh`, import.meta.url), "utf8");
/** Fails where iptables cannot be read; prints nothing. */
const CAPTURE = `${GUARD}${script("common")}`;
const APPLY = `${CAPTURE}${script("apply")}`;
const READ_BACK = `${CAPTURE}${script("read-back")}`;
const UNDO = `${CAPTURE}${script("undo")}`;
const VERIFY = `${CAPTURE}${script("verify")}`;

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
  capture: (fault) => ({ script: CAPTURE, args: place(fault, "none") }),
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
