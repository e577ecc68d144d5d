import { cellId } from "../lib/cell.ts";
import { measure } from "../lib/engine/measure.ts";
import { runScenario, type Stand } from "../lib/engine/run-scenario.ts";
import type { Event, Mode } from "../lib/event.ts";
import { stamped } from "../lib/event-log.ts";
import { readJournal } from "../lib/journal/read.ts";
import type { SuiteStand } from "../lib/mocha/stand.ts";
import { judgeScenario } from "../lib/verdict/scenario.ts";
import { notRunFor, taintedNodes } from "../lib/verdict/taint.ts";
import { leftOpen } from "./not-undone.ts";

/**
 * What a cell's suites run on. Once a scenario has left a node tainted, every further one throws instead of being run, and so does every hand-written look at
 * a path: it would be judged by what another had broken.
 */
export function suiteStand(stand: Stand, mode: Mode, run = runScenario): SuiteStand {
  const { record } = stand.cluster;
  const told = new Set<string>();
  let notRun: string | null = null;
  const mustBeClean = () => {
    if (notRun !== null) throw new Error(notRun);
  };
  return {
    context: { cell: record.cell, traits: record.traits },
    run: async (scenario) => {
      stand.signal?.throwIfAborted();
      mustBeClean();
      const mine: Event[] = [];
      const emit: Stand["emit"] = (event) => {
        mine.push(stamped(event));
        if (event.type === "healed") told.add(event.faultId);
        stand.emit(event);
      };
      await run({ ...stand, emit }, scenario, mode);
      for (const left of leftOpen(scenario.id, readJournal(stand.journal.path), told)) emit(left);
      const [tainted] = taintedNodes(mine);
      if (tainted) notRun = notRunFor(tainted);
      return judgeScenario(cellId(record.cell), mine);
    },
    observe: async (path, flows) => {
      mustBeClean();
      return measure(stand.cluster, await stand.cluster.locate(), { [path]: { flows } });
    },
  };
}
