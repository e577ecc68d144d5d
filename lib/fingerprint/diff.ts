import { contextOf } from "./context.ts";
import type { Fingerprint, Item, Section } from "./fingerprint.ts";
import { ruled, type Rule } from "./kernel-rules.ts";
import { RULES } from "./rules.ts";

/**
 * Returns a node's differences, one line each; none when it is unchanged. Changes that agents may make (rules.ts) do
 * not count. Pure.
 */
export function diffFingerprints(before: Fingerprint, after: Fingerprint): string[] {
  return differences(RULES, [before, contextOf(before, after)], [after, contextOf(after, before)]);
}

/** A fingerprint and the context for its rules. */
export type Side<C> = readonly [fingerprint: Fingerprint, context: C];

/** Returns the differences of two fingerprints under the given rules. Pure. */
export function differences<C>(rules: readonly Rule<C>[], before: Side<C>, after: Side<C>): string[] {
  return [...toolsGone(before[0], after[0]), ...changes(rules, before, after).map(changeInWords)];
}

/** One difference as data: a changed value, a missing or new fact, or a changed order of facts. */
export interface Change {
  readonly kind: "changed" | "gone" | "new" | "order";
  readonly section: Section;
  readonly scope: string;
  /** Null for a new fact and for an order. */
  readonly was: string | null;
  /** Null for a missing fact and for an order. */
  readonly is: string | null;
}

/** Returns the changes between two states of a node that agents may not make (rules.ts). Pure. */
export function changesOf(before: Fingerprint, after: Fingerprint): readonly Change[] {
  return changes(RULES, [before, contextOf(before, after)], [after, contextOf(after, before)]);
}

/** Returns a change in words: `sysctl net.ipv4.ip_forward: 1 → 0`, `route gone: …`. Pure. */
export function changeInWords({ kind, was, is, ...place }: Change): string {
  switch (kind) {
    case "changed":
      return `${label(place)}: ${was} → ${is}`;
    case "gone":
      return `${label(place)} gone: ${was}`;
    case "new":
      return `${label(place)} new: ${is}`;
    case "order":
      return `${label(place)}: order changed`;
  }
}

function changes<C>(rules: readonly Rule<C>[], before: Side<C>, after: Side<C>): readonly Change[] {
  const was = byScope(rules, before);
  const is = byScope(rules, after);
  const scopes = new Set([...was.keys(), ...is.keys()]);
  return [...scopes].flatMap((scope) => compared(was.get(scope) ?? [], is.get(scope) ?? []));
}

/** Returns the sections that became unreadable: they hide their differences, so they count as one. */
function toolsGone(before: Fingerprint, after: Fingerprint): readonly string[] {
  const gone = after.missing.filter((line) => !before.missing.includes(line));
  return gone.map((line) => `cannot be compared: ${line}`);
}

function byScope<C>(rules: readonly Rule<C>[], [{ items }, context]: Side<C>): ReadonlyMap<string, readonly Item[]> {
  const left = items.map((item) => ruled(rules, item, context)).filter((item) => item !== null);
  return Map.groupBy(left, ({ section, scope }) => `${section} ${scope}`);
}

function compared(was: readonly Item[], is: readonly Item[]): readonly Change[] {
  const gone = without(was, is);
  const come = without(is, was);
  const [before] = gone;
  const [after] = come;
  if (before && after && gone.length === 1 && come.length === 1 && holdsOneValue(before)) {
    return [{ kind: "changed", ...placeOf(before), was: before.text, is: after.text }];
  }
  if (before || after) {
    return [
      ...gone.map((item): Change => ({ kind: "gone", ...placeOf(item), was: item.text, is: null })),
      ...come.map((item): Change => ({ kind: "new", ...placeOf(item), was: null, is: item.text })),
    ];
  }
  const [first] = was;
  return first && order(was) !== order(is) ? [{ kind: "order", ...placeOf(first), was: null, is: null }] : [];
}

function placeOf({ section, scope }: Item): Pick<Change, "section" | "scope"> {
  return { section, scope };
}

/**
 * Returns the order of items as text. Unordered items may replace one another, but not change places with ordered ones.
 */
function order(items: readonly Item[]): string {
  return items.map(({ unordered, text }) => (unordered ? "" : text)).join("\n");
}

function holdsOneValue({ section }: Item): boolean {
  return section === "sysctl" || section === "link";
}

function label({ section, scope }: Pick<Change, "section" | "scope">): string {
  return scope === "" ? section : `${section} ${scope}`;
}

/** Returns the items of `all` that `others` lacks, each text by its surplus. */
function without(all: readonly Item[], others: readonly Item[]): readonly Item[] {
  const left = new Map<string, number>();
  for (const { text } of others) left.set(text, (left.get(text) ?? 0) + 1);
  return all.filter(({ text }) => {
    const count = left.get(text) ?? 0;
    left.set(text, count - 1);
    return count <= 0;
  });
}
