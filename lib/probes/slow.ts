/**
 * Delays that have a cause: a SYN sent again (at 1, 2, 3, 4, 5, 7 s since Linux 6.5, at 1, 3, 7 s before, its sixth retry at 63 s), libc's resolver time-out of 5 s.
 */
const CLASSES_S = [1, 2, 3, 4, 5, 7, 63];

/**
 * The class in seconds that a delay in ms belongs to: the nearest, within 15 % and at least 50 ms. undefined when it is in none.
 * Source: tcp(7), resolv.conf(5), kernel Documentation/networking/ip-sysctl (tcp_syn_retries, tcp_syn_linear_timeouts).
 */
export function slowClassS(delayMs: number): number | undefined {
  const offMs = (classS: number): number => Math.abs(delayMs - classS * 1000);
  const nearest = CLASSES_S.reduce((best, one) => (offMs(one) < offMs(best) ? one : best));
  return offMs(nearest) <= Math.max(50, nearest * 150) ? nearest : undefined;
}
