import { existsSync } from "node:fs";
import { describeFault } from "../../lib/faults/registry.ts";
import { scaled, type TimeScale } from "../../lib/host/time-scale.ts";
import { listOpenFaults, readJournal, type JournaledFault } from "../../lib/journal/read.ts";

/** How long a cell's process may take to end after it was told to stop, and the work that it ends with. */
export interface StopBudget {
  readonly budgetMs: number;
  /** Completes "waiting for …". */
  readonly what: string;
}

/** For ending the step under way, the last reading of the nodes, and the files of the evidence, on a busy machine. */
const WITHOUT_FAULTS_MS = 20_000;
/** Each fault's undo and verification. One exec undoes all faults of a node: 2.5 to 4 s for 30 faults on six nodes. */
const EACH_FAULT_MS = 5_000;

/** Returns the budget for these faults in force on a machine of that speed. Pure. */
export function stopBudget(inForce: readonly JournaledFault[], timeScale: TimeScale): StopBudget {
  const budgetMs = scaled(WITHOUT_FAULTS_MS + inForce.length * EACH_FAULT_MS, timeScale);
  if (inForce.length === 0) return { budgetMs, what: "the suites' process to end; no fault is in force" };
  const faults = inForce.map(({ intent }) => describeFault(intent.nodeFault)).join("; ");
  const count = inForce.length === 1 ? "1 fault" : `${inForce.length} faults`;
  return { budgetMs, what: `the suites' process to undo ${count}: ${faults}` };
}

/** Returns the budget for the faults that a cell's journal leaves open; one that cannot be read counts as empty. */
export function stopBudgetOf(journalPath: string, timeScale: TimeScale): StopBudget {
  return stopBudget(openIn(journalPath), timeScale);
}

function openIn(journalPath: string): readonly JournaledFault[] {
  if (!existsSync(journalPath)) return [];
  try {
    return listOpenFaults(readJournal(journalPath));
  } catch {
    return [];
  }
}
