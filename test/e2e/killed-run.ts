import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cellDirs, listRuns, readHeader } from "../../cli/store/run-dir.ts";
import { hostExec } from "../../lib/host/exec.ts";
import { readEventLog } from "../../lib/events/event-log.ts";
import { listOpenFaults, readJournal } from "../../lib/journal/read.ts";
import { GiveUpError, waitFor } from "../../lib/host/wait.ts";
import { launch, RUNS } from "./command-line.ts";

/** A run that was killed, and what its journal says was open just then. */
export interface KilledRun {
  readonly runId: string;
  /** Faults that may have been in force: `intent`, `applied`, `verified`, `undo-intent`, … */
  readonly open: readonly string[];
}

/**
 * Starts a run of one suite on a kept cluster and kills it with SIGKILL `afterMs` after its scenario began, or after
 * its fault was in force. It kills the cell process first, which would heal if it were alive. Commands under way to a
 * node live on, as after a real kill.
 */
export async function killedRun(
  suite: string,
  cluster: string,
  afterMs: number,
  since: "scenario-started" | "read-back" = "scenario-started",
): Promise<KilledRun> {
  const { child, outcome } = launch(["run", suite, "--cluster", cluster, "--progress", "none"]);
  const cell = await cellThatSaid(since, child);
  await sleep(afterMs);
  const { stdout } = await hostExec(["pgrep", "--parent", String(child.pid), "--full", "cell-process.ts"]);
  for (const pid of stdout.split("\n").filter(Boolean)) kill(Number(pid));
  kill(child.pid ?? 0);
  await outcome;
  const journal = join(cell, "journal.ndjson");
  const open = existsSync(journal) ? listOpenFaults(readJournal(journal)).map(({ state }) => state) : [];
  return { runId: basename(dirname(dirname(cell))), open };
}

/** Resolves to the cell's folder. */
async function cellThatSaid(what: "scenario-started" | "read-back", child: ChildProcess): Promise<string> {
  return await waitFor(
    `the run to log ${what}`,
    () => {
      if (child.exitCode !== null) throw new GiveUpError(`the run ended with ${child.exitCode}`);
      const run = listRuns().findLast((id) => readHeader(join(RUNS, id)).owner.startsWith(`${child.pid}/`));
      const [cell] = run === undefined ? [] : cellDirs(join(RUNS, run));
      if (cell === undefined) throw new Error("it has not begun");
      if (!readEventLog(join(cell, "events.ndjson")).some(({ type }) => type === what)) {
        throw new Error("not yet");
      }
      return Promise.resolve(cell);
    },
    { budgetMs: 90_000, intervalMs: 50 },
  );
}

/** It may have ended by itself. */
function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    return;
  }
}
