import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";
import Mocha from "mocha";
import { closestMatch } from "../../clusters/cells/closest-match.ts";
import { UsageError } from "../../lib/host/errors.ts";
import { registeredScenarios } from "../../lib/mocha/suite-host.ts";
import { suiteId } from "../../lib/mocha/scenario.ts";
import { isOnRequest } from "../../lib/scenario/needs.ts";
import type { Scenario } from "../../lib/scenario/spec.ts";

const SUITES = fileURLToPath(new URL("../../suites/", import.meta.url));

/** Every suite file, absolute, in the order they run. */
export function suiteFiles(): readonly string[] {
  return globSync("**/*.ts", { cwd: SUITES })
    .sort()
    .map((file) => `${SUITES}${file}`);
}

/**
 * Resolves to the files of the suites to run: those that filters name, or without filters all but those that run on
 * request. Throws UsageError as selectSuites does.
 */
export async function chosenSuites(filters: readonly string[]): Promise<readonly string[]> {
  const files = suiteFiles();
  if (filters.length > 0) return selectSuites(filters, files);
  const onRequest = new Set((await scenariosOf(files)).filter(isOnRequest).map(({ id }) => id));
  return files.filter((file) => !onRequest.has(suiteId(file)));
}

/**
 * Returns the files that filters name: an id (`services/no-endpoints`), a folder (`services`), or a glob. Throws
 * UsageError for a filter without a match, with the nearest id.
 */
export function selectSuites(filters: readonly string[], files: readonly string[]): readonly string[] {
  const ids = files.map(suiteId);
  for (const filter of filters) {
    if (ids.some((id) => matches(filter, id))) continue;
    throw new UsageError(
      `no suite matches "${filter}"; the nearest is ${closestMatch(filter, ids)}`,
      "see ./faultline list",
    );
  }
  return files.filter((file) => filters.some((filter) => matches(filter, suiteId(file))));
}

function matches(filter: string, id: string): boolean {
  if (id === filter || id.startsWith(`${filter.replace(/\/$/, "")}/`)) return true;
  return filter.includes("*") && globMatches(filter, id);
}

/** `*` is any text. Each part at its first place: a regular expression of many stars would try them all. */
function globMatches(glob: string, id: string): boolean {
  const [first = "", ...middle] = glob.split("*");
  const last = middle.pop() ?? "";
  if (!id.startsWith(first) || !id.endsWith(last)) return false;
  let at = first.length;
  for (const part of middle) {
    const found = id.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= id.length - last.length;
}

/** Loads suite files into a mocha instance; `describe` and `it` are there while they load. */
export async function loadSuites(mocha: Mocha, files: readonly string[]): Promise<void> {
  for (const file of files) mocha.addFile(file);
  await mocha.loadFilesAsync();
}

/** The scenarios of suite files, without running them; never those that were loaded otherwise. */
export async function scenariosOf(files: readonly string[]): Promise<readonly Scenario[]> {
  await loadSuites(new Mocha({ dryRun: true }), files);
  const ids = new Set(files.map(suiteId));
  return registeredScenarios().filter(({ id }) => ids.has(id));
}
