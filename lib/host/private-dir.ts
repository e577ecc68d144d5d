import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a directory and its missing parents, with mode 0700. Throws the system's error. Makes one level at a time: on a
 * read-only disk Node's recursive mkdir reports "no such file or directory" instead of the real error.
 */
export function makePrivateDir(path: string): void {
  if (existsSync(path)) return;
  makePrivateDir(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process made it first.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
