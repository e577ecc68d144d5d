/**
 * Milliseconds since the machine started (CLOCK_MONOTONIC): all its processes share this clock and nobody sets it, so what two of them wrote down can be
 * subtracted. Within one process performance.now() does.
 */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}
