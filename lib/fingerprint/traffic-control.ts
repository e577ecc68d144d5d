import type { Item } from "./fingerprint.ts";

/** Returns the facts of `tc qdisc show`. htb prints a packet counter among its settings. */
export function qdiscItems(lines: readonly string[]): readonly Item[] {
  return lines.map((line) => {
    const text = oneLine(line.replace(/ direct_packets_stat \d+/, "").replace(/ refcnt \d+/, ""));
    return { section: "qdisc", scope: "", text, unordered: true };
  });
}

/** Returns the facts of `tc class show`, with the device as scope (`-- eth0` above them). */
export function classItems(lines: readonly string[]): readonly Item[] {
  return underMarks(lines).map(([scope, text]) => ({ section: "class", scope, text, unordered: true }));
}

/**
 * Returns the facts of `tc filter show`, with device and side as scope (`-- eth0 ingress`). They are ordered: the first
 * match decides.
 */
export function filterItems(lines: readonly string[]): readonly Item[] {
  return underMarks(lines).map(([scope, text]) => ({ section: "filter", scope, text }));
}

function underMarks(lines: readonly string[]): readonly (readonly [scope: string, text: string])[] {
  let scope = "";
  return lines.flatMap((line) => {
    if (!line.startsWith("-- ")) return [[scope, oneLine(line)] as const];
    scope = line.slice("-- ".length);
    return [];
  });
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
