import type { LeftOut } from "../cli/own-tests/counts.ts";
import { groupTitle, nightlyGroup, type NightlyId } from "../cli/own-tests/nightly-groups.ts";
import type { RotationInEnv } from "../cli/own-tests/rotation.ts";

/** Set by `./faultline test --all`: every test runs, and no sweep is sampled. */
export const IS_ALL = process.env["FAULTLINE_TEST_ALL"] === "1";

/** Set by `./faultline test`: the groups of nightly tests that this run has; none where mocha is started by hand. */
const ROTATION = JSON.parse(process.env["FAULTLINE_TEST_ROTATION"] ?? '{"run":[],"without":{}}') as RotationInEnv;

const left: LeftOut[] = [];

/** Whether this run has a group of nightly tests. Pure but for its defaults. */
export function isInRun(id: NightlyId, { isAll = IS_ALL, rotation = ROTATION } = {}): boolean {
  return isAll || rotation.run.includes(id);
}

/**
 * Defines the tests of a nightly group (cli/own-tests/nightly-groups.ts): `./faultline test --all` runs them, and a
 * default run whose part of the rotation holds the group. `define` holds `describe` or `it` as usual. Other runs
 * register none of them and count them as left out, with what they are about and cost. Throws where `define` defines no
 * test.
 */
export function nightly(id: NightlyId, define: () => void): void {
  const group = nightlyGroup(id);
  if (isInRun(id)) {
    define();
    return;
  }
  // The suite is taken out again at once: mocha has counted its tests, and runs neither them nor their hooks.
  const suite = describe(id, define);
  const tests = suite.total();
  if (tests === 0) throw new Error(`nightly("${id}") defines no test`);
  const siblings = suite.parent?.suites ?? [];
  siblings.splice(siblings.indexOf(suite), 1);
  const why = ROTATION.without[id];
  left.push({ reason: `${groupTitle(group)}${why === undefined ? "" : ` (in this run's part, but ${why})`}`, tests });
}

/** Returns the groups of tests that this process has left out so far. */
export function leftOut(): readonly LeftOut[] {
  return left;
}
