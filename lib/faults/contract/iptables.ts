import { z } from "zod";
import type { Family } from "../../model/cell.ts";

/** The IP family of a fault in iptables; without one it is 4. */
export const familySchema = z.literal([4, 6]).exactOptional();

/**
 * Returns the tool of an IP family. Nodes have several backends; the node's own choice is the one in use: nf_tables on
 * our nodes, which agents choose too because they find its rules there.
 */
export function iptables(family: 4 | 6 = 4): "iptables" | "ip6tables" {
  return family === 4 ? "iptables" : "ip6tables";
}

/** Returns the fault's field for a family's name: none for IPv4, the default. */
export function inFamily(family: Family): { readonly family?: 6 } {
  return family === "IPv6" ? { family: 6 } : {};
}
