import { contextOf } from "./context.ts";
import type { Fingerprint, Item } from "./fingerprint.ts";
import { ruled, type Rule } from "./kernel-rules.ts";
import { RULES } from "./rules.ts";

/**
 * What is different about a node, a line each; none when it is as it was. What agents rightfully change (rules.ts) is no difference. Pure.
 */
export function diffFingerprints(before: Fingerprint, after: Fingerprint): string[] {
  return differences(RULES, [before, contextOf(before, after)], [after, contextOf(after, before)]);
}

/** A fingerprint and what its rules have to know of it. */
export type Side<C> = readonly [fingerprint: Fingerprint, context: C];

/** The same of any two fingerprints, by any rules. Pure. */
export function differences<C>(rules: readonly Rule<C>[], before: Side<C>, after: Side<C>): string[] {
  const was = byScope(rules, before);
  const is = byScope(rules, after);
  const scopes = new Set([...was.keys(), ...is.keys()]);
  const lines = [...scopes].flatMap((scope) => compared(was.get(scope) ?? [], is.get(scope) ?? []));
  return [...toolsGone(before[0], after[0]), ...lines];
}

/** A section that could be read before and cannot now hides its differences, and that is one. */
function toolsGone(before: Fingerprint, after: Fingerprint): readonly string[] {
  const gone = after.missing.filter((line) => !before.missing.includes(line));
  return gone.map((line) => `cannot be compared: ${line}`);
}

function byScope<C>(rules: readonly Rule<C>[], [{ items }, context]: Side<C>): ReadonlyMap<string, readonly Item[]> {
  const left = items.map((item) => ruled(rules, item, context)).filter((item) => item !== null);
  return Map.groupBy(left, ({ section, scope }) => `${section} ${scope}`);
}

function compared(was: readonly Item[], is: readonly Item[]): readonly string[] {
  const gone = without(was, is);
  const come = without(is, was);
  const [before] = gone;
  const [after] = come;
  if (before && after && gone.length === 1 && come.length === 1 && holdsOneValue(before)) {
    return [`${label(before)}: ${before.text} → ${after.text}`];
  }
  if (before || after) {
    return [
      ...gone.map((item) => `${label(item)} gone: ${item.text}`),
      ...come.map((item) => `${label(item)} new: ${item.text}`),
    ];
  }
  const [first] = was;
  return first && order(was) !== order(is) ? [`${label(first)}: order changed`] : [];
}

/** Items whose order means nothing may stand for one another, but not change places with the others. */
function order(items: readonly Item[]): string {
  return items.map(({ unordered, text }) => (unordered ? "" : text)).join("\n");
}

function holdsOneValue({ section }: Item): boolean {
  return section === "sysctl" || section === "link";
}

function label({ section, scope }: Item): string {
  return scope === "" ? section : `${section} ${scope}`;
}

/** The items of `all` that are not in `others`, each text as often as it is there more. */
function without(all: readonly Item[], others: readonly Item[]): readonly Item[] {
  const left = new Map<string, number>();
  for (const { text } of others) left.set(text, (left.get(text) ?? 0) + 1);
  return all.filter(({ text }) => {
    const count = left.get(text) ?? 0;
    left.set(text, count - 1);
    return count <= 0;
  });
}
