/** Tests that a default run leaves to `./faultline test --all`, and why. */
export interface LeftOut {
  readonly reason: string;
  readonly tests: number;
}

/** The result of a layer's tests, or of a part of them. */
export interface Counts {
  readonly passes: number;
  readonly failures: number;
  readonly pending: number;
  readonly leftOut: readonly LeftOut[];
}

/**
 * The counts of a mocha process from the last line that it wrote (test/summary-reporter.ts) and its exit code. A
 * process that died, ran nothing, or ended before all of its tests were run has one failure more, whatever its counts
 * say; one whose tests are all left out has none. Pure.
 */
export function layerCounts(exitCode: number, line: string | undefined): Counts {
  const nothing = { passes: 0, failures: 0, pending: 0, tests: 0, planned: 0, leftOut: [] as readonly LeftOut[] };
  const { planned, tests, ...stats } = line === undefined ? nothing : (JSON.parse(line) as typeof nothing);
  const { passes, failures, pending, leftOut } = stats;
  const died = exitCode !== 0 && failures === 0;
  // A hook that failed is a failure, and takes the tests after it along.
  const isCut = failures === 0 && tests < planned;
  const isEmpty = passes + failures === 0 && leftOut.length === 0;
  return { passes, failures: failures + (died || isCut || isEmpty ? 1 : 0), pending, leftOut };
}

/** The sum of all counts; tests left out for the same reason become one entry. Pure. */
export function sumCounts(all: readonly Counts[]): Counts {
  const sum = (key: "passes" | "failures" | "pending") => all.reduce((total, one) => total + one[key], 0);
  const leftOut = new Map<string, number>();
  for (const { reason, tests } of all.flatMap((one) => one.leftOut))
    leftOut.set(reason, (leftOut.get(reason) ?? 0) + tests);
  return {
    passes: sum("passes"),
    failures: sum("failures"),
    pending: sum("pending"),
    leftOut: [...leftOut].map(([reason, tests]) => ({ reason, tests })),
  };
}

/** Budget of the default set on 2 cores, in minutes: with everything built, and where nothing is built yet. */
export const BUDGET_MINUTES = { warm: 20, cold: 40 } as const;

/** What `./faultline test` took, one line; beside its budget where it was the whole default set. Pure. */
export function tookLine(ms: number, { all, isWhole }: { readonly all: boolean; readonly isWhole: boolean }): string {
  const seconds = Math.round(ms / 1000);
  const took = `took ${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (all || !isWhole) return took;
  return `${took} (budget on 2 cores: ${BUDGET_MINUTES.warm} min, ${BUDGET_MINUTES.cold} min from nothing)`;
}

/**
 * The last lines of `./faultline test`: the tests left out by reason, where there are any, the time (`tookLine`), and
 * `N passed, N failed, N skipped`. Pure.
 */
export function summaryLines({ passes, failures, pending, leftOut }: Counts, took: string): readonly string[] {
  const total = leftOut.reduce((sum, { tests }) => sum + tests, 0);
  const width = String(total).length;
  const reasons = leftOut.map(({ reason, tests }) => `  ${String(tests).padStart(width)} ${reason}`);
  const head = total === 0 ? [] : [`left out: ${total} tests (./faultline test --all runs them)`, ...reasons, ""];
  return [...head, took, `${passes} passed, ${failures} failed, ${pending} skipped`];
}
