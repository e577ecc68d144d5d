import { randomInt } from "node:crypto";
import { IS_ALL } from "./nightly.ts";

/** Another one each run; `./faultline test` prints it, and FAULTLINE_TEST_SEED=N repeats it. */
export const TEST_SEED = Number(process.env["FAULTLINE_TEST_SEED"] ?? randomInt(2 ** 31));

/**
 * Returns a sample's size for a test's title: `12 of 53 moments (FAULTLINE_TEST_SEED=7)`, or `53 moments` if complete.
 */
export function sampleTitle(size: number, of: number, what: string): string {
  return size === of ? `${of} ${what}` : `${size} of ${of} ${what} (FAULTLINE_TEST_SEED=${TEST_SEED})`;
}

/**
 * `size` of the items by the seed, in their order; all of them where there are no more, or under `./faultline test
 * --all`. Pure but for its defaults.
 */
export function sampled<T>(items: readonly T[], size: number, { seed = TEST_SEED, isAll = IS_ALL } = {}): readonly T[] {
  if (isAll || items.length <= size) return items;
  const next = generator(seed);
  const drawn = items.map((item, index) => ({ item, index, lot: next() }));
  const chosen = drawn.toSorted((a, b) => a.lot - b.lot).slice(0, size);
  return chosen.toSorted((a, b) => a.index - b.index).map(({ item }) => item);
}

/** mulberry32: numbers from 0 to 1, the same for the same seed. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
