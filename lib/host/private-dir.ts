import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a directory (mode 0700) with those above it, where they are not there. Throws what the system says. One level at a time: on a read-only disk Node's own
 * recursive mkdir says that there is no such file or directory.
 */
export function makePrivateDir(path: string): void {
  if (existsSync(path)) return;
  makePrivateDir(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Somebody else was quicker.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
