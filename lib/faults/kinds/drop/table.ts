import { network } from "../../contract/values.ts";
import type { DropFault } from "./kind.ts";

/** Before raw (-300), the earliest hook of Felix and kube-proxy, so that no agent's accept comes first. */
export const PRIORITY = -350;

/** Returns the name of the table that holds this fault and nothing else. */
export function dropTable(id: string): string {
  return `fl_${id}`;
}

/**
 * Returns the fault as nft reads it, in one transaction that replaces the table: applied twice, it is there once. Its
 * input has passed the schema; nothing else may reach this text.
 */
export function renderDrop(fault: DropFault, id: string): string {
  const table = `table inet ${dropTable(id)}`;
  return `${table} {
}
delete ${table}
${table} {
  chain faultline {
    type filter hook ${fault.hook} priority ${PRIORITY}; policy accept;
    ${dropRule(fault)} comment "faultline ${id}"
  }
}
`;
}

/** Returns the rule in nft's words, without its comment: `meta l4proto udp udp dport 8472 counter drop`. */
export function dropRule(fault: DropFault): string {
  return `${matches(fault).join(" ")} counter drop`;
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
