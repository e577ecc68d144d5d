import { counterDeltas, countersIn } from "../../evidence/counters.ts";
import type { NodeFacts } from "./node-facts.ts";

/** By how much a counter of nstat rose on a node since the baseline; null where there is none, or no such counter. Pure. */
export function roseBy({ text, textBefore }: NodeFacts, name: string): number | null {
  const before = textBefore("nstat");
  const during = text("nstat");
  if (before === null || !countersIn(during).has(name)) return null;
  return counterDeltas(before, during)[name] ?? 0;
}
