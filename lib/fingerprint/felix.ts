import type { Item } from "./fingerprint.ts";

/**
 * Returns a rule without Felix's hash. The hash covers the rule and all before it in its chain
 * (felix/generictables/rule_hashes.go), so one that comes or goes renames those after it. The rules' content is still
 * compared.
 */
export function withoutHash(item: Item): Item {
  if (!item.section.includes("tables")) return item;
  return { ...item, text: item.text.replace(/"cali:[\w-]{16}"/, '"cali:(hash)"') };
}

/** `filter cali-from-wl-dispatch`, and `…-dispatch-6` where the names of two pods' devices share a beginning. */
const DISPATCH = /^(\S+ cali-(from|to)-wl-dispatch)(?:-\S+)?$/;

/**
 * Returns Felix's dispatch rules independent of their tree. Felix sends packets to a pod's chains by device name,
 * through one chain per common prefix. Pods that come or go can add and remove such chains for others
 * (felix/rules/dispatch.go). One rule per device remains, and the rule that drops the rest.
 */
export function dispatched(item: Item): Item | null {
  const [, root, direction = ""] = DISPATCH.exec(item.scope) ?? [];
  if (root === undefined || !item.section.includes("tables")) return item;
  const leadsOn = item.text.includes(` -g cali-${direction}-wl-dispatch-`);
  const isRoot = item.scope === root;
  if (leadsOn || (!isRoot && !item.text.includes(` -g cali-${direction[0]}w-`))) return null;
  return { ...item, scope: root, text: item.text.replace(/^-A \S+/, `-A ${root.split(" ")[1]}`), unordered: true };
}
