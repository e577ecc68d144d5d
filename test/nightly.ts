import type { LeftOut } from "../cli/own-tests/counts.ts";

/** Set by `./faultline test --all`: every test runs, and no sweep is sampled. */
export const IS_ALL = process.env["FAULTLINE_TEST_ALL"] === "1";

const left: LeftOut[] = [];

/**
 * Defines tests that only `./faultline test --all` runs: `define` holds `describe` or `it` as usual. A default run
 * registers none of them and counts them as left out for `reason`, which says what they cost or need. Throws where
 * `define` defines no test.
 */
export function nightly(reason: string, define: () => void, isAll = IS_ALL): void {
  if (isAll) {
    define();
    return;
  }
  // The suite is taken out again at once: mocha has counted its tests, and runs neither them nor their hooks.
  const suite = describe(reason, define);
  const tests = suite.total();
  if (tests === 0) throw new Error(`nightly("${reason}") defines no test`);
  const siblings = suite.parent?.suites ?? [];
  siblings.splice(siblings.indexOf(suite), 1);
  left.push({ reason, tests });
}

/** Returns the groups of tests that this process has left out so far. */
export function leftOut(): readonly LeftOut[] {
  return left;
}
