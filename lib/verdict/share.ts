/** z of a two-sided 99.9 % interval: one honest run in a thousand may fall outside. */
const Z_999 = 3.2905;
/** z of a two-sided 95 % interval, the usual one for rates. */
export const Z_95 = 1.96;

/** Returns the range of shares, 0 to 1, that `hits` of `of` does not contradict at 99.9 %; all of it if `of` is 0. */
export function plausibleShare(hits: number, of: number): readonly [low: number, high: number] {
  return wilson(hits, of, Z_999);
}

/** Returns the Wilson score interval (E. B. Wilson, 1927) for `hits` of `of`, 0 to 1; all of it if `of` is 0. */
export function wilson(hits: number, of: number, z: number): readonly [low: number, high: number] {
  if (of === 0) return [0, 1];
  const part = hits / of;
  const middle = part + (z * z) / (2 * of);
  const half = z * Math.sqrt((part * (1 - part)) / of + (z * z) / (4 * of * of));
  const scale = 1 + (z * z) / of;
  return [Math.max(0, (middle - half) / scale), Math.min(1, (middle + half) / scale)];
}
