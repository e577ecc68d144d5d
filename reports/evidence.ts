import type { ScenarioResult } from "../lib/verdict/result.ts";

/** Returns the path of a result's evidence from its cell and its folder, which is relative to the cell's folder. */
export type EvidencePath = (cell: string, folder: string) => string;

/** Returns the folder as the report has it, relative to the cell's folder. */
export const asReported: EvidencePath = (_, folder) => folder;

/** Returns the line with the path of a result's evidence; no line if none is kept. */
export function evidenceLine({ cell, evidence }: ScenarioResult, path: EvidencePath): readonly string[] {
  return evidence === null ? [] : [`evidence: ${path(cell, evidence)}`];
}
