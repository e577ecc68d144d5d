/** What came of a layer's tests. */
export interface Counts {
  readonly passes: number;
  readonly failures: number;
  readonly pending: number;
}

/**
 * The counts of a layer from the last line that its mocha wrote (test/summary-reporter.ts) and its exit code. A layer that died, ran nothing, or ended before all of its tests were run
 * has one failure more: whatever its counts say, it has failed. Pure.
 */
export function layerCounts(exitCode: number, line: string | undefined): Counts {
  const nothing = { passes: 0, failures: 0, pending: 0, tests: 0, planned: 0 };
  const { planned, tests, ...stats } = line === undefined ? nothing : (JSON.parse(line) as typeof nothing);
  const { passes, failures, pending } = stats;
  const died = exitCode !== 0 && failures === 0;
  // A hook that failed is a failure, and takes the tests after it along.
  const isCut = failures === 0 && tests < planned;
  const isEmpty = passes + failures === 0;
  return { passes, failures: failures + (died || isCut || isEmpty ? 1 : 0), pending };
}
