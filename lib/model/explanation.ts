/** Why a path showed what it showed: one cause, the lines that speak for it, and what mends it. */
export interface Explanation {
  /** One line, the cause first: `net.bridge.bridge-nf-call-iptables is 0 on A (baseline 1): the reply left the bridge untranslated`. */
  readonly cause: string;
  /** Paths whose symptom it explains. */
  readonly paths: readonly string[];
  /** `proven`: captures show where, and the state shows why. `likely`: one of the two. `found-nothing`: an honest "no explanation found". */
  readonly confidence: "proven" | "likely" | "found-nothing";
  /** What was seen, a line each, with the evidence file it is from: `A.pcap: …`, `during/A/sysctl.txt: …`. */
  readonly evidence: readonly string[];
  /** What mends it, as the documents of the failure mode say; null where nobody knows. */
  readonly fix: string | null;
  /** Where more is to be read: a page under docs/failure-modes/, a URL; null where there is none. */
  readonly more: string | null;
}
