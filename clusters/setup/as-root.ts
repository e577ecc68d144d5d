import type { CheckContext } from "./check.ts";

/** The argv as it has to be run to be root: behind `sudo -n` (which never asks) for anybody else. */
export function asRoot(context: CheckContext, argv: readonly string[]): string[] {
  return context.uid === 0 ? [...argv] : ["sudo", "-n", ...argv];
}
