/** Which files of the project a module can reach when it runs, and a key of what is in them. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** The project's files, by paths relative to its directory. */
export interface FileReader {
  /** A file's text; undefined where there is no such file. */
  readonly textOf: (path: string) => string | undefined;
  /** All files below a folder, in a fixed order; undefined where there is no such folder. */
  readonly filesBelow: (path: string) => readonly string[] | undefined;
}

/** `import` and `export` from a relative path, over several lines as well. Types are gone when it runs. */
const STATIC_IMPORT = /^(?:import|export)\s+(?!type\b)(?:[^;"]*?\bfrom\s+)?"(\.[^"]+)"/gm;
const DYNAMIC_IMPORT = /\bimport\(\s*"(\.[^"]+)"/g;
/** A file beside the module: what is read, or run, without an import. */
const FILE_REFERENCE = /\bnew URL\(\s*([^,()]+?)\s*,\s*import\.meta\.url\s*,?\s*\)/g;
/** A module that knows its own folder in another way may read anything in it. */
const OWN_FOLDER = /\bimport\.meta\.(?:dirname|filename|url)\b/;

/**
 * Returns the files that the entries reach, the entries included, sorted. It follows relative imports and
 * `new URL(…, import.meta.url)`. A reference that is computed stands for its whole folder: from `on-node/${name}.sh`
 * comes `on-node`, from a variable the module's own folder. Throws Error for a reference to nothing. Pure but for the
 * reader.
 */
export function filesReached(entries: readonly string[], reader: FileReader): readonly string[] {
  const reached = new Set<string>();
  const waiting = [...entries];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue;
    const text = reader.textOf(path);
    if (text === undefined) {
      const files = reader.filesBelow(path);
      if (files === undefined) throw new Error(`${path} is referred to, and there is no such file or folder`);
      waiting.push(...files);
      continue;
    }
    reached.add(path);
    if (path.endsWith(".ts")) waiting.push(...referencesIn(text, dirname(path)));
  }
  return [...reached].sort();
}

/**
 * Returns a digest of the files that the entries reach, their paths and their text; 64 hex digits. Pure but for the
 * reader.
 */
export function keyOfFiles(entries: readonly string[], reader: FileReader): string {
  const files = filesReached(entries, reader).map((path) => [path, reader.textOf(path)]);
  return createHash("sha256").update(JSON.stringify(files)).digest("hex");
}

/** Reads the files of the project in `root`. */
export function filesOnDisk(root: string): FileReader {
  const isFile = (path: string) => statSync(join(root, path), { throwIfNoEntry: false })?.isFile();
  return {
    textOf: (path) => (isFile(path) === true ? readFileSync(join(root, path), "utf8") : undefined),
    filesBelow: (path) => {
      if (isFile(path) !== false) return undefined;
      const names = readdirSync(join(root, path), { recursive: true, encoding: "utf8" });
      return names
        .map((name) => join(path, name))
        .filter((one) => isFile(one) === true)
        .sort();
    },
  };
}

/** What a module's text refers to: paths of files and of folders. `folder` is the module's own. */
function referencesIn(text: string, folder: string): readonly string[] {
  const found = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, reference = ""]) => reference);
  const imports = [...found(STATIC_IMPORT), ...found(DYNAMIC_IMPORT)];
  const files = found(FILE_REFERENCE).map(fixedPart);
  const own = OWN_FOLDER.test(text.replaceAll(FILE_REFERENCE, "")) ? ["."] : [];
  return [...imports, ...files, ...own].map((path) => normalize(join(folder, path)).replace(/\/$/, ""));
}

/**
 * Of a reference's expression what is known before it runs: the path of a literal, the folder of a template, else `.`.
 */
function fixedPart(expression: string): string {
  const literal = /^"([^"]+)"$/.exec(expression)?.[1];
  return literal ?? /^`([^`$]*\/)[^/]*`$/.exec(expression)?.[1] ?? ".";
}
