import type { Item } from "./fingerprint.ts";

/**
 * Felix marks each of its rules with a hash of the rule and of all before it in its chain (felix/generictables/rule_hashes.go), so one that comes or goes
 * renames those that follow. What the rules say is compared all the same.
 */
export function withoutHash(item: Item): Item {
  if (!item.section.includes("tables")) return item;
  return { ...item, text: item.text.replace(/"cali:[\w-]{16}"/, '"cali:(hash)"') };
}

/** `filter cali-from-wl-dispatch`, and where two pods' devices begin alike, `…-dispatch-6` for those. */
const DISPATCH = /^(\S+ cali-(from|to)-wl-dispatch)(?:-\S+)?$/;

/**
 * The same rules whatever the tree: Felix sends packets to a pod's chains by its device's name, through a chain a common beginning, so pods that
 * come or go can add and take such chains for others (felix/rules/dispatch.go). Left are a rule for each device and whether the rest is dropped.
 */
export function dispatched(item: Item): Item | null {
  const [, root, direction = ""] = DISPATCH.exec(item.scope) ?? [];
  if (root === undefined || !item.section.includes("tables")) return item;
  const leadsOn = item.text.includes(` -g cali-${direction}-wl-dispatch-`);
  const isRoot = item.scope === root;
  if (leadsOn || (!isRoot && !item.text.includes(` -g cali-${direction[0]}w-`))) return null;
  return { ...item, scope: root, text: item.text.replace(/^-A \S+/, `-A ${root.split(" ")[1]}`), unordered: true };
}
