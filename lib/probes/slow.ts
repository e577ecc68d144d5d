/**
 * Delays with a known cause: a retransmitted SYN (at 1, 2, 3, 4, 5, 7 s since Linux 6.5, at 1, 3, 7 s before, its
 * sixth retry at 63 s), or libc's resolver timeout of 5 s.
 */
const CLASSES_S = [1, 2, 3, 4, 5, 7, 63];

/**
 * Returns the class in seconds of a delay in ms: the nearest class, at most 15 % or 50 ms away; undefined if there is
 * none. Source: tcp(7), resolv.conf(5), kernel Documentation/networking/ip-sysctl (tcp_syn_retries,
 * tcp_syn_linear_timeouts).
 */
export function slowClassS(delayMs: number): number | undefined {
  const offMs = (classS: number): number => Math.abs(delayMs - classS * 1000);
  const nearest = CLASSES_S.reduce((best, classS) => (offMs(classS) < offMs(best) ? classS : best));
  return offMs(nearest) <= Math.max(50, nearest * 150) ? nearest : undefined;
}
