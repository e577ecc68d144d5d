import { readFileSync } from "node:fs";
import { UsageError } from "../host/errors.ts";
import { opened, type Intent, type JournalEntry, type JournalState } from "./entry.ts";

/** A fault as a journal records it. */
export interface JournaledFault {
  readonly intent: Intent;
  /** The last state. */
  readonly state: JournalState;
  /** It was read back as in force at least once. */
  readonly seenInForce: boolean;
}

export interface ReadJournal {
  readonly entries: readonly JournalEntry[];
  /** Whole lines that were altered, named by number: they may hide a fault. */
  readonly damaged: readonly string[];
}

/** Reads a journal's text. Skips lines that a crash cut short: the steps that they announce were not done. Pure. */
export function parseJournal(text: string): ReadJournal {
  const entries: JournalEntry[] = [];
  const damaged: string[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line === "") continue;
    const read = opened(line);
    if (read.kind === "entry") entries.push(read.entry);
    if (read.kind === "damaged") damaged.push(`journal line ${index + 1} is damaged: ${read.why}`);
  }
  return { entries, damaged };
}

/** Reads a journal from disk. Throws UsageError when it cannot be read. */
export function readJournal(path: string): ReadJournal {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(
      `journal ${path} cannot be read: ${(error as Error).message}`,
      "name a run: ./faultline list runs",
      {
        cause: error,
      },
    );
  }
  return parseJournal(text);
}

/** Returns every fault of a journal with its last state, oldest first. */
export function faultsIn({ entries }: ReadJournal): readonly JournaledFault[] {
  const faults = new Map<string, JournaledFault>();
  for (const entry of entries) {
    if (entry.state === "intent") {
      faults.set(entry.faultId, { intent: entry, state: "intent", seenInForce: false });
      continue;
    }
    const known = faults.get(entry.faultId);
    if (!known) continue;
    const seenInForce = known.seenInForce || entry.state === "verified";
    faults.set(entry.faultId, { ...known, state: entry.state, seenInForce });
  }
  return [...faults.values()];
}

/** Returns the faults that may still be in force, newest first: the order in which they are undone. */
export function listOpenFaults(journal: ReadJournal): readonly JournaledFault[] {
  return faultsIn(journal)
    .filter(({ state }) => state !== "undo-verified" && state !== "gone")
    .reverse();
}
