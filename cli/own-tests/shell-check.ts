import { globSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Exec } from "../../lib/host/exec.ts";
import type { Counts } from "./counts.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FOLDERS = ["bench", "cli", "clusters", "lib", "reports", "suites", "test"];
/** Inputs of cached images (steps.ts of clusters/image and clusters/lane): any change there rebuilds an image. */
const IMAGE_INPUTS = /^clusters\/(?:image|lane\/(?:guest|scripts))\//;
/** Exit code of a shell that does not find the command. */
const NOT_FOUND_EXIT = 127;
const TIMEOUT_MS = 300_000;

/** The result of the static check of shell scripts: lines to print, and one test's counts. */
export interface ShellFinding {
  readonly counts: Counts;
  readonly lines: readonly string[];
}

/** Returns the repository's .sh files in order, relative to its root, without the inputs of cached images. */
export function shellScripts(root = ROOT): readonly string[] {
  const all = FOLDERS.flatMap((folder) => globSync(`${folder}/**/*.sh`, { cwd: root }));
  return all.filter((path) => !IMAGE_INPUTS.test(path)).sort();
}

/** Runs shellcheck on the repository's scripts. Without shellcheck the check counts as skipped, with its reason. */
export async function checkShell(exec: Exec, signal?: AbortSignal): Promise<ShellFinding> {
  const paths = shellScripts().map((path) => join(ROOT, path));
  const options = { timeoutMs: TIMEOUT_MS, ...(signal ? { signal } : {}) };
  const { exitCode, stdout, stderr } = await exec(["shellcheck", "--format=gcc", "--", ...paths], options);
  const counts = { passes: 0, failures: 0, pending: 0, leftOut: [] };
  if (exitCode === 0) return { counts: { ...counts, passes: 1 }, lines: [`  ✔ shell (${paths.length} scripts)`] };
  if (exitCode === NOT_FOUND_EXIT)
    return { counts: { ...counts, pending: 1 }, lines: ["  - shell: skipped, shellcheck is not installed"] };
  return { counts: { ...counts, failures: 1 }, lines: [`${stdout}${stderr}`.trimEnd(), "  ✘ shell"] };
}
