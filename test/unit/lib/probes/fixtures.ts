import { readdirSync, readFileSync } from "node:fs";
import type { Attempt, Observation, ProbeRecord } from "../../../../lib/probes/probe.ts";

/** Recorded output of a real tool (test/fixtures/probes/record.ts). */
export interface Fixture {
  readonly how: string;
  readonly expect: Pick<Observation, "symptom"> & Partial<Observation["seen"]>;
  readonly attempt: Attempt;
  readonly record: ProbeRecord;
}

const FOLDER = new URL("../../../fixtures/probes/", import.meta.url);

export const fixtures: readonly Fixture[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".json"))
  .map((name) => JSON.parse(readFileSync(new URL(name, FOLDER), "utf8")) as Fixture);

export function fixture(id: string): Fixture {
  const found = fixtures.find(({ attempt }) => attempt.id === id);
  if (!found) throw new Error(`no fixture ${id}`);
  return found;
}
