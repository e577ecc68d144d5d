import type { CheckContext } from "./check.ts";

/** Returns the argv that runs as root: as given for root, behind `sudo -n` (which never asks) for other users. */
export function asRoot(context: CheckContext, argv: readonly string[]): string[] {
  return context.uid === 0 ? [...argv] : ["sudo", "-n", ...argv];
}
