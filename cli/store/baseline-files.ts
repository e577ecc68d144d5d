import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Baseline } from "../../lib/baseline/baseline.ts";
import type { BaselineRecording, NodeTexts } from "../../lib/baseline/record.ts";
import { UndecidedError } from "../../lib/host/errors.ts";
import { cellsOn } from "./kept.ts";
import { RUNS, writeAtomically } from "./run-dir.ts";

/** A cluster's recorded baseline, read back. */
export interface KeptBaseline extends BaselineRecording {
  /** The cell's folder that holds it. */
  readonly dir: string;
}

/**
 * Writes `baseline/NODE/NAME.txt`, then `baseline.json`, into a cell's folder: the baseline exists once the last file
 * does. Throws as node:fs does.
 */
export function writeBaseline(cellDir: string, { baseline, texts }: BaselineRecording): void {
  for (const [node, files] of texts) {
    const dir = join(cellDir, "baseline", node);
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    for (const [name, text] of files) if (text !== "") writeFileSync(fileOf(dir, name), text, { mode: 0o600 });
  }
  writeAtomically(pathOf(cellDir), `${JSON.stringify(baseline)}\n`);
}

/**
 * Returns the newest baseline of a cluster from all runs that used it; null if no run recorded one. Throws
 * UndecidedError if it cannot be read.
 */
export function readBaseline(cluster: string, runs = RUNS): KeptBaseline | null {
  const dir = cellsOn(cluster, runs).find((one) => existsSync(pathOf(one)));
  if (dir === undefined) return null;
  try {
    const baseline = JSON.parse(readFileSync(pathOf(dir), "utf8")) as Baseline;
    if ((baseline.schemaVersion as number) !== 1)
      throw new Error(`schemaVersion ${String(baseline.schemaVersion)} is not known`);
    return { dir, baseline, texts: textsIn(dir, baseline) };
  } catch (error) {
    throw new UndecidedError(
      `the baseline of cluster "${cluster}" cannot be read: ${pathOf(dir)}: ${(error as Error).message}`,
      "record it again with --record, on a cluster that is well",
    );
  }
}

function textsIn(cellDir: string, { states }: Baseline): NodeTexts {
  return new Map(
    states.map(({ node, empty }) => {
      const dir = join(cellDir, "baseline", node);
      const files = existsSync(dir) ? readdirSync(dir).filter((name) => name.endsWith(".txt")) : [];
      const texts = files.map(
        (file) => [file.slice(0, -".txt".length), readFileSync(join(dir, file), "utf8")] as const,
      );
      return [node, new Map([...texts, ...empty.map((name) => [name, ""] as const)])] as const;
    }),
  );
}

function pathOf(cellDir: string): string {
  return join(cellDir, "baseline.json");
}

/** Names of logs come from the node. */
function fileOf(dir: string, name: string): string {
  return join(dir, `${name.replace(/[^a-zA-Z0-9._-]/g, "_")}.txt`);
}
