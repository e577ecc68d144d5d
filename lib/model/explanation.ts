/** The cause of a path's symptom, with its evidence and its fix. */
export interface Explanation {
  /**
   * One line, the cause first: `net.bridge.bridge-nf-call-iptables is 0 on A (baseline 1): the reply left the bridge
   * untranslated`.
   */
  readonly cause: string;
  /** The paths whose symptom it explains. */
  readonly paths: readonly string[];
  /**
   * `proven`: captures show where, and the nodes' state shows why. `likely`: only one of them does. `found-nothing`: no
   * explanation was found.
   */
  readonly confidence: "proven" | "likely" | "found-nothing";
  /** The supporting facts, one line each, with their evidence file: `A.pcap: …`, `during/A/sysctl.txt: …`. */
  readonly evidence: readonly string[];
  /** The fix, from the documents of the failure mode; null if none is known. */
  readonly fix: string | null;
  /** Further reading: a page under docs/failure-modes/ or a URL; null if unknown. */
  readonly more: string | null;
}
