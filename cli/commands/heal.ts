import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { EXIT } from "../../lib/host/errors.ts";
import type { Exec } from "../../lib/host/exec.ts";
import type { TimeScale } from "../../lib/host/time-scale.ts";
import { describeScripts, describeUndo, nameScripts } from "../../lib/faults/run/describe.ts";
import type { HealReport } from "../../lib/journal/heal.ts";
import { ownerLives } from "../../clusters/ownership/owner.ts";
import { machine } from "../host/prepare.ts";
import { healJournal } from "../cell/heal-journal.ts";
import { endLeftCaptures } from "../cell/left-captures.ts";
import { cellDirs, findRunDir, listRuns, readClusterRecord, readHeader, RUNS } from "../store/run-dir.ts";

interface HealCommand {
  readonly run?: string;
  /** Only print what would be undone. */
  readonly dryRun: boolean;
  /** In a dry run: print the exact commands and scripts as well. */
  readonly scripts: boolean;
}

/**
 * Undoes the faults that runs left behind (all runs, or one), from their journals, and ends the captures of runs that
 * were killed. Leaves a run alone that is still going on: it undoes its faults itself. Resolves to 5 when a fault could
 * not be undone.
 */
export async function heal(options: HealCommand): Promise<number> {
  const dirs = options.run === undefined ? listRuns().map((id) => join(RUNS, id)) : [findRunDir(options.run)];
  const reports: HealReport[] = [];
  const host = machine();
  for (const dir of dirs) {
    const header = readHeader(dir);
    if (await ownerLives(host.readText, header.owner)) {
      print(`${basename(dir)}: is going on, and undoes its faults itself; stop it with Ctrl-C`);
      continue;
    }
    for (const path of journalsOf(dir)) reports.push(await healJournal(path, host, print, options.dryRun));
    if (header.durationMs === null && !options.dryRun) await endCapturesOf(dir, host.exec);
  }
  if (reports.every(({ outcomes }) => outcomes.length === 0)) print("nothing to undo");
  else if (options.dryRun && options.scripts) printScripts(reports, host.timeScale);
  return reports.every(({ ok }) => ok) ? EXIT.ok : EXIT.notUndone;
}

/** Prints the scripts, each once, and then the commands that use them: bash takes the whole. */
function printScripts(reports: readonly HealReport[], timeScale: TimeScale): void {
  const faults = reports
    .flatMap(({ outcomes }) => outcomes.map(({ wouldUndo }) => wouldUndo))
    .filter((one) => one !== null);
  const names = nameScripts(faults);
  const commands = faults.flatMap((one) => describeUndo(one, names, timeScale));
  print(["", "# The scripts, each once, and then the commands:", ...describeScripts(names), ...commands].join("\n"));
}

async function endCapturesOf(runDir: string, host: Exec): Promise<void> {
  for (const dir of cellDirs(runDir).filter((one) => existsSync(join(one, "cluster.json")))) {
    await endLeftCaptures(dir, readClusterRecord(dir), print, host);
  }
}

function journalsOf(runDir: string): readonly string[] {
  return cellDirs(runDir)
    .map((dir) => join(dir, "journal.ndjson"))
    .filter((path) => existsSync(path));
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
