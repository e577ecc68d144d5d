import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The unparsed files of a scenario's evidence folder (lib/evidence): texts by path, captures by node. */
export interface EvidenceFiles {
  readonly texts: ReadonlyMap<string, string>;
  readonly captures: ReadonlyMap<string, Uint8Array>;
  /** Unreadable evidence, one line each. */
  readonly lacking: readonly string[];
}

/** Reads a folder. Never throws: unreadable files are listed in `lacking`. */
export function readEvidence(dir: string): EvidenceFiles {
  const texts = new Map<string, string>();
  const captures = new Map<string, Uint8Array>();
  const lacking: string[] = [];
  for (const path of filesIn(dir, lacking)) {
    try {
      if (path.endsWith(".pcap")) captures.set(path.slice(0, -".pcap".length), readFileSync(join(dir, path)));
      else texts.set(path, readFileSync(join(dir, path), "utf8"));
    } catch (error) {
      lacking.push(`${path}: ${(error as Error).message}`);
    }
  }
  return { texts, captures, lacking };
}

function filesIn(dir: string, lacking: string[]): readonly string[] {
  try {
    const entries = readdirSync(dir, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    return files.map((path) => path.slice(join(dir, "/").length)).sort();
  } catch (error) {
    lacking.push(`no evidence: ${(error as Error).message}`);
    return [];
  }
}
