import type { EvidenceLevel } from "../../lib/evidence/evidence.ts";
import type { ProgressKind } from "../host/progress.ts";
import type { Keep } from "./run-cell.ts";

/** The options of a run, as the command line gives them. */
export interface RunOptions {
  readonly cell: readonly string[];
  /** Of all cells, whatever they name; default: their own. */
  readonly kernel?: string;
  readonly yes: boolean;
  readonly keep: Keep;
  readonly cluster?: string;
  readonly reporter?: string;
  /** Seconds. */
  readonly readyTimeout: number;
  readonly progress: ProgressKind;
  readonly evidence: EvidenceLevel;
  /** How often each scenario is run; default once. */
  readonly repeat?: number;
  readonly allowHostWide: boolean;
  /** How many cells at the same time; default: what the machine bears. */
  readonly parallel?: number;
}
