import type { Exec } from "../host/exec.ts";
import { differences } from "./diff.ts";
import { collect, type Fingerprint } from "./fingerprint.ts";
import { HOST_RULES, hostContexts } from "./host-rules.ts";

/** Reads the state of the machine and of its own network namespace in one exec: what `takeFingerprint` does of a node, and every other sysctl. Throws as that does. */
export async function takeHostFingerprint(exec: Exec): Promise<Fingerprint> {
  return await collect(exec, ".");
}

/** What is different about a host, a line each; none when it is as it was, apart from Docker's own (host-rules.ts). Pure. */
export function diffHostFingerprints(before: Fingerprint, after: Fingerprint): string[] {
  const [was, is] = hostContexts(before, after);
  return differences(HOST_RULES, [before, was], [after, is]);
}
