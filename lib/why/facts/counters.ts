import { counterDeltas, countersIn } from "../../evidence/counters.ts";
import type { NodeFacts } from "./node-facts.ts";

/**
 * Returns the increase of an nstat counter on a node since the baseline; null without a baseline or without that
 * counter. Pure.
 */
export function roseBy({ text, textBefore }: NodeFacts, name: string): number | null {
  const before = textBefore("nstat");
  const during = text("nstat");
  if (before === null || !countersIn(during).has(name)) return null;
  return counterDeltas(before, during)[name] ?? 0;
}
