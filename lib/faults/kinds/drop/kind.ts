import { readFileSync } from "node:fs";
import { z } from "zod";
import type { DropFault } from "../../contract/fault.ts";
import { GUARD } from "../../contract/guard-script.ts";
import type { FaultKind } from "../../contract/kind.ts";
import { UsageError } from "../../../host/errors.ts";
import { network, networkSchema, portSchema } from "../../contract/values.ts";

const script = (name: string): string => readFileSync(new URL(`${name}.sh`, import.meta.url), "utf8");
const CAPTURE = `${GUARD}${script("capture")}`;
const APPLY = `${GUARD}${script("apply")}`;
const READ_BACK = `${GUARD}${script("read-back")}`;
const UNDO = `${GUARD}${script("undo")}`;
const VERIFY = `${GUARD}${script("verify")}`;

/** Ahead of raw (-300), where Felix and kube-proxy are at the earliest, so that no agent's accept comes first. */
const PRIORITY = -350;

/** The table that holds this fault and nothing else. */
export function dropTable(id: string): string {
  return `fl_${id}`;
}

/**
 * The fault as nft reads it, in one transaction: the table of this name is made anew, so applying twice leaves one. Its input has
 * passed the schema; nothing else may reach this text.
 */
export function renderDrop(fault: DropFault, id: string): string {
  const table = `table inet ${dropTable(id)}`;
  return `${table} {
}
delete ${table}
${table} {
  chain faultline {
    type filter hook ${fault.hook} priority ${PRIORITY}; policy accept;
    ${matches(fault).join(" ")} counter drop comment "faultline ${id}"
  }
}
`;
}

function matches({ protocol, destinationPort, source, destination }: DropFault): readonly string[] {
  const layer4 = protocol === "icmp" ? "{ icmp, ipv6-icmp }" : protocol;
  return [
    `meta l4proto ${layer4}`,
    ...(source === undefined ? [] : [address(source, "saddr")]),
    ...(destination === undefined ? [] : [address(destination, "daddr")]),
    ...(destinationPort === undefined ? [] : [`${protocol} dport ${destinationPort}`]),
  ];
}

function address(text: string, field: "saddr" | "daddr"): string {
  const { family, cidr } = network(text);
  return `${family === 4 ? "ip" : "ip6"} ${field} ${cidr}`;
}

const COUNTER = /counter packets (\d+) bytes (\d+) drop/;

/** Packets dropped without a word, in an nft table of the fault's own; undone by deleting that table. */
export const dropKind: FaultKind<DropFault, null> = {
  kind: "drop",
  scope: "namespace",
  schema: z.strictObject({
    kind: z.literal("drop"),
    hook: z.enum(["prerouting", "input", "forward", "output"]),
    protocol: z.enum(["tcp", "udp", "icmp"]),
    destinationPort: portSchema.exactOptional(),
    source: networkSchema.exactOptional(),
    destination: networkSchema.exactOptional(),
  }),
  priorSchema: z.null(),
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
