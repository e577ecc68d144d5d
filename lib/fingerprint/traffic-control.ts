import type { Item } from "./fingerprint.ts";

/** Lines of `tc qdisc show`. htb counts packets in what it prints as its settings. */
export function qdiscItems(lines: readonly string[]): readonly Item[] {
  return lines.map((line) => {
    const text = oneLine(line.replace(/ direct_packets_stat \d+/, "").replace(/ refcnt \d+/, ""));
    return { section: "qdisc", scope: "", text, unordered: true };
  });
}

/** Lines of `tc class show`, in the scope of their device (`-- eth0` above them). */
export function classItems(lines: readonly string[]): readonly Item[] {
  return underMarks(lines).map(([scope, text]) => ({ section: "class", scope, text, unordered: true }));
}

/** Lines of `tc filter show`, in the scope of their device and side (`-- eth0 ingress`): the first that matches decides, so they have an order. */
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
