import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Observation } from "../../../../lib/probes/probe.ts";
import { readEvidence, type EvidenceFiles } from "../../../../lib/why/facts/read-evidence.ts";

/** A recorded scenario: what explaining it is given. */
export interface Recorded {
  readonly files: EvidenceFiles;
  readonly observations: readonly Observation[];
}

/** One of test/fixtures/why. */
export function recorded(name: string): Recorded {
  const dir = fileURLToPath(new URL(`../../../fixtures/why/${name}/`, import.meta.url));
  const observations = JSON.parse(readFileSync(`${dir}observations.json`, "utf8")) as readonly Observation[];
  return { files: readEvidence(dir.replace(/\/$/, "")), observations };
}

/** The same with some texts rewritten; null takes one away. */
export function withTexts(files: EvidenceFiles, texts: Readonly<Record<string, string | null>>): EvidenceFiles {
  const all = new Map(files.texts);
  for (const [path, text] of Object.entries(texts)) {
    if (text === null) all.delete(path);
    else all.set(path, text);
  }
  return { ...files, texts: all };
}

/** The same with lines changed in one text. Throws where nothing changes: the test would show nothing. */
export function edited(files: EvidenceFiles, path: string, edit: (text: string) => string): EvidenceFiles {
  const was = files.texts.get(path) ?? "";
  const is = edit(was);
  if (was === is) throw new Error(`${path} is not changed`);
  return withTexts(files, { [path]: is });
}

/** As if nothing were different about the nodes. */
export function asBefore(files: EvidenceFiles): EvidenceFiles {
  const before = [...files.texts].filter(([path]) => path.startsWith("before/"));
  const during = [...files.texts.keys()]
    .filter((path) => path.startsWith("during/"))
    .map((path) => [path, null] as const);
  const copied = before.map(([path, text]) => [path.replace("before/", "during/"), text] as const);
  return withTexts(files, Object.fromEntries([...during, ...copied]));
}

/** As somebody sees it who never looked before. */
export function withoutBaseline(files: EvidenceFiles): EvidenceFiles {
  const before = [...files.texts.keys()].filter((path) => path.startsWith("before/"));
  return withTexts(files, Object.fromEntries(before.map((path) => [path, null])));
}

export function withCaptures(files: EvidenceFiles, captures: EvidenceFiles["captures"]): EvidenceFiles {
  return { ...files, captures };
}
