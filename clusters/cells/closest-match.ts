/**
 * Returns the candidate with the fewest edits from `text`, or "none" without candidates. It compares only the first 200
 * characters, since the work grows with the length.
 */
export function closestMatch(text: string, candidates: readonly string[]): string {
  const scored = candidates.map((name) => ({ name, distance: editDistance(text.slice(0, 200), name) }));
  return scored.sort((a, b) => a.distance - b.distance)[0]?.name ?? "none";
}

/** Returns Levenshtein's distance; both texts are short names. */
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
