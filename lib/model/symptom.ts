/** The symptoms that a probe can report, one word each, in code, reports and docs. docs/symptoms.md defines them. */
export const SYMPTOMS = [
  "ok",
  "connect-timeout",
  "connection-refused",
  "connection-reset",
  "host-unreachable",
  "network-unreachable",
  "port-unreachable",
  "stall",
  "http-error",
  "wrong-server",
  "dns-timeout",
  "dns-wrong-source",
  "dns-servfail",
  "dns-nxdomain",
  "dns-refused",
  "slow",
  "loss",
  "unknown",
] as const;

export type Symptom = (typeof SYMPTOMS)[number];
