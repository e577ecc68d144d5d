import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A file as the index names it. */
export interface WrittenFile {
  /** Relative to the folder. */
  readonly path: string;
  readonly bytes: number;
}

/** Where a scenario's evidence is written; only its owner may look into it. */
export interface Folder {
  readonly path: string;
  /** Throws as node:fs does. */
  readonly write: (path: string, content: string | Uint8Array) => WrittenFile;
  readonly remove: (path: string) => void;
}

const MOST_REPEATS = 10_000;

/** Makes a new folder: `wanted`, or `wanted-2`, `-3`, … if the scenario was run before. Throws as node:fs does. */
export function makeFolder(wanted: string): Folder {
  mkdirSync(dirname(wanted), { recursive: true, mode: 0o700 });
  const path = firstFree(wanted);
  return {
    path,
    write: (name, content) => {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      writeFileSync(file, content, { mode: 0o600 });
      return { path: name, bytes: Buffer.byteLength(content) };
    },
    remove: (name) => rmSync(join(path, name), { recursive: true, force: true }),
  };
}

function firstFree(wanted: string): string {
  for (let number = 1; ; number += 1) {
    const path = number === 1 ? wanted : `${wanted}-${number}`;
    try {
      mkdirSync(path, { mode: 0o700 });
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST" || number === MOST_REPEATS) throw error;
    }
  }
}
