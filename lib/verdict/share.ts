/** z of a two-sided 99.9 % interval: one honest run in a thousand may fall outside. */
const Z = 3.2905;

/**
 * The Wilson score interval (E. B. Wilson, 1927) for `hits` of `of` at 99.9 %: the shares, 0 to 1, that such a count does not speak against.
 * With nothing measured every share is plausible.
 */
export function plausibleShare(hits: number, of: number): readonly [low: number, high: number] {
  if (of === 0) return [0, 1];
  const part = hits / of;
  const middle = part + (Z * Z) / (2 * of);
  const half = Z * Math.sqrt((part * (1 - part)) / of + (Z * Z) / (4 * of * of));
  const scale = 1 + (Z * Z) / of;
  return [Math.max(0, (middle - half) / scale), Math.min(1, (middle + half) / scale)];
}
