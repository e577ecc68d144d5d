import { readFileSync } from "node:fs";
import { z } from "zod";
import { UsageError } from "../../../host/errors.ts";
import type { NodeRole } from "../../../model/nodes.ts";
import { GUARD } from "../../contract/guard-script.ts";
import type { FaultKind, NodeFaultOf } from "../../contract/kind.ts";
import { network, networkSchema, portSchema } from "../../contract/values.ts";
import { dropRule, dropTable, PRIORITY, renderDrop } from "./table.ts";

const script = (name: string): string => readFileSync(new URL(`${name}.sh`, import.meta.url), "utf8");
const CAPTURE = `${GUARD}${script("capture")}`;
const APPLY = `${GUARD}${script("apply")}`;
const READ_BACK = `${GUARD}${script("read-back")}`;
const UNDO = `${GUARD}${script("undo")}`;
const VERIFY = `${GUARD}${script("verify")}`;

const COUNTER = /counter packets (\d+) bytes (\d+) drop/;

const schema = z.strictObject({
  kind: z.literal("drop"),
  hook: z.enum(["prerouting", "input", "forward", "output"]),
  protocol: z.enum(["tcp", "udp", "icmp"]),
  destinationPort: portSchema.exactOptional(),
  source: networkSchema.exactOptional(),
  destination: networkSchema.exactOptional(),
});

/** Drops matching packets silently. */
export type DropFault = Readonly<z.output<typeof schema>>;

/** An nft table of the fault's own; undone by deleting that table. */
const dropKind: FaultKind<DropFault, null> = {
  kind: "drop",
  schema,
  priorSchema: z.null(),
  describe({ hook, protocol, destinationPort, source, destination }) {
    const port = destinationPort === undefined ? "" : ` port ${destinationPort}`;
    const from = source === undefined ? "" : ` from ${source}`;
    const to = destination === undefined ? "" : ` to ${destination}`;
    return `drop ${protocol}${port}${from}${to} in ${hook}`;
  },
  steps(fault, _prior, id) {
    const [table, rule] = [`inet ${dropTable(id)}`, dropRule(fault)];
    return {
      apply: [
        `nft add table ${table}`,
        `nft add chain ${table} faultline { type filter hook ${fault.hook} priority ${PRIORITY}; }`,
        `nft add rule ${table} faultline ${rule}`,
      ],
      readBack: [`nft list table ${table}  # counts the packets that it dropped`],
      undo: [`nft delete table ${table}`],
      verify: [`nft list tables  # without ${table}`],
    };
  },
  scope: () => "namespace",
  validate({ protocol, destinationPort, source, destination }) {
    if (protocol === "icmp" && destinationPort !== undefined) {
      throw new UsageError("fault drop icmp has a port", "leave destinationPort out: ICMP has none");
    }
    if (source !== undefined && destination !== undefined && network(source).family !== network(destination).family) {
      throw new UsageError(
        `fault drop from ${source} to ${destination} mixes IPv4 and IPv6`,
        "name both in one family",
      );
    }
  },
  /** Its table is its own. */
  claims: () => [],
  capture: () => ({ script: CAPTURE, args: [] }),
  captured: () => null,
  priorInPlan: () => null,
  apply: (fault, _prior, id) => ({ script: APPLY, args: [renderDrop(fault, id)] }),
  readBack: (_fault, _prior, id) => ({ script: READ_BACK, args: [dropTable(id)] }),
  readBackSaid(fault, stdout) {
    const counter = COUNTER.exec(stdout);
    if (!counter || !stdout.includes(`hook ${fault.hook} `)) return { inForce: false, detail: "its nft table is gone" };
    const count = Number(counter[1]);
    return { inForce: true, detail: `dropped ${count} packets, ${counter[2]} bytes`, count };
  },
  undo: (_fault, _prior, id) => ({ script: UNDO, args: [dropTable(id)] }),
  verifyUndone: (_fault, _prior, id) => ({ script: VERIFY, args: [dropTable(id)] }),
};
export default dropKind;

/** Drops matching packets silently on a node. */
export function drop(node: NodeRole, match: Omit<DropFault, "kind">): NodeFaultOf<DropFault> {
  return { node, fault: { kind: "drop", ...match } };
}
