import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Observation } from "../../../../lib/probes/probe.ts";
import { readEvidence, type EvidenceFiles } from "../../../../lib/why/facts/read-evidence.ts";

/** A recorded scenario: the input of an explanation. */
export interface RecordedCase {
  readonly files: EvidenceFiles;
  readonly observations: readonly Observation[];
}

/** Reads one of test/fixtures/why. */
export function recorded(name: string): RecordedCase {
  const dir = fileURLToPath(new URL(`../../../fixtures/why/${name}/`, import.meta.url));
  const observations = JSON.parse(readFileSync(`${dir}observations.json`, "utf8")) as readonly Observation[];
  return { files: readEvidence(dir.replace(/\/$/, "")), observations };
}

/** Returns it with some texts rewritten; null removes one. */
export function withTexts(files: EvidenceFiles, texts: Readonly<Record<string, string | null>>): EvidenceFiles {
  const all = new Map(files.texts);
  for (const [path, text] of Object.entries(texts)) {
    if (text === null) all.delete(path);
    else all.set(path, text);
  }
  return { ...files, texts: all };
}

/** Returns it with lines changed in one text. Throws when nothing changes: the test would prove nothing. */
export function edited(files: EvidenceFiles, path: string, edit: (text: string) => string): EvidenceFiles {
  const was = files.texts.get(path) ?? "";
  const is = edit(was);
  if (was === is) throw new Error(`${path} is not changed`);
  return withTexts(files, { [path]: is });
}

/** Returns it with nodes equal to their baseline. */
export function asBefore(files: EvidenceFiles): EvidenceFiles {
  const before = [...files.texts].filter(([path]) => path.startsWith("before/"));
  const during = [...files.texts.keys()]
    .filter((path) => path.startsWith("during/"))
    .map((path) => [path, null] as const);
  const copied = before.map(([path, text]) => [path.replace("before/", "during/"), text] as const);
  return withTexts(files, Object.fromEntries([...during, ...copied]));
}

/** Returns it without a baseline. */
export function withoutBaseline(files: EvidenceFiles): EvidenceFiles {
  const before = [...files.texts.keys()].filter((path) => path.startsWith("before/"));
  return withTexts(files, Object.fromEntries(before.map((path) => [path, null])));
}

export function withCaptures(files: EvidenceFiles, captures: EvidenceFiles["captures"]): EvidenceFiles {
  return { ...files, captures };
}
