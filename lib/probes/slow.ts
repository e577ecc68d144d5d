/** Delays that have a cause: a retransmitted SYN after 1 s or 3 s, libc's resolver time-out of 5 s, a SYN's sixth retry at 63 s. */
const CLASSES_S = [1, 3, 5, 63];

/**
 * The class in seconds that a delay in ms belongs to: within 15 %, at least 50 ms. undefined when it is in none.
 * Source: tcp(7), resolv.conf(5), kernel Documentation/networking/ip-sysctl (tcp_syn_retries, tcp_syn_linear_timeouts).
 */
export function slowClassS(delayMs: number): number | undefined {
  return CLASSES_S.find((classS) => Math.abs(delayMs - classS * 1000) <= Math.max(50, classS * 150));
}
