/** Of `candidates`, the one with the fewest edits from `text`, whose beginning is enough: the work grows with its length. */
export function closestMatch(text: string, candidates: readonly string[]): string {
  const scored = candidates.map((one) => ({ one, distance: editDistance(text.slice(0, 200), one) }));
  return scored.sort((a, b) => a.distance - b.distance)[0]?.one ?? "none";
}

/** Levenshtein's distance; both texts are short names. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
