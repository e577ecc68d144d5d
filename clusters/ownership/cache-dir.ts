import { homedir } from "node:os";
import { join } from "node:path";

/** Returns the folder where Faultline keeps what it brought, between runs (XDG base directory specification). */
export function cacheDir(env: Readonly<Record<string, string | undefined>>): string {
  const base = env["XDG_CACHE_HOME"];
  // The specification says that a relative path is to be ignored.
  return join(base?.startsWith("/") ? base : join(homedir(), ".cache"), "faultline");
}
