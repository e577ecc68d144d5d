import type { ScenarioResult } from "../lib/verdict/result.ts";

/** From a cell and the folder of a result's evidence, relative to the cell's, to a path that leads there. */
export type EvidencePath = (cell: string, folder: string) => string;

/** As the report says it, where nobody told where the cells' folders are. */
export const asReported: EvidencePath = (_, folder) => folder;

/** The line that says where a result's evidence is; none where none is kept. */
export function evidenceLine({ cell, evidence }: ScenarioResult, path: EvidencePath): readonly string[] {
  return evidence === null ? [] : [`evidence: ${path(cell, evidence)}`];
}
