import type { Exec } from "../../lib/host/exec.ts";
import { diffHostFingerprints, takeHostFingerprint } from "../../lib/fingerprint/host.ts";

/** What comparing the host found: lines to print, and whether it counts as a pass. */
export interface HostFinding {
  readonly asItWas: boolean;
  readonly lines: readonly string[];
}

/**
 * Reads the host now; the returned function reads it again and compares. Throws ExecError or UndecidedError if the host
 * cannot be read now.
 */
export async function watchHost(exec: Exec): Promise<() => Promise<HostFinding>> {
  const before = await takeHostFingerprint(exec);
  return async () => {
    try {
      const after = await takeHostFingerprint(exec);
      return told(diffHostFingerprints(before, after), after.missing);
    } catch (error) {
      return told([`cannot be compared: ${(error as Error).message}`], []);
    }
  };
}

function told(differences: readonly string[], missing: readonly string[]): HostFinding {
  if (differences.length === 0) {
    const hidden = missing.length === 0 ? "" : ` (not looked at: ${missing.join(", ")})`;
    return { asItWas: true, lines: [`  ✔ the host is as it was${hidden}`] };
  }
  const head = "  ✘ the host is not as it was (another run that was going on meanwhile shows here too):";
  return { asItWas: false, lines: [head, ...differences.map((line) => `      ${line}`)] };
}
