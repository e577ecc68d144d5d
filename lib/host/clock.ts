/**
 * Returns the ms since the machine started (CLOCK_MONOTONIC). All processes of the machine share this clock and it is
 * never set, so times that two processes wrote can be subtracted. Within one process, performance.now() is enough.
 */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}
