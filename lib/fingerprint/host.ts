import type { Exec } from "../host/exec.ts";
import { differences } from "./diff.ts";
import { collect, type Fingerprint } from "./fingerprint.ts";
import { HOST_RULES, hostContexts } from "./host-rules.ts";

/**
 * Returns the state of the machine and of its own network namespace, in one exec: like `takeFingerprint` for a node,
 * with all other sysctls. Throws the same errors.
 */
export async function takeHostFingerprint(exec: Exec): Promise<Fingerprint> {
  return await collect(exec, ".");
}

/** Returns a host's differences, one line each, apart from Docker's own (host-rules.ts). Pure. */
export function diffHostFingerprints(before: Fingerprint, after: Fingerprint): string[] {
  const [was, is] = hostContexts(before, after);
  return differences(HOST_RULES, [before, was], [after, is]);
}
