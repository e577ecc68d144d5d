import { join, relative } from "node:path";
import { cellId } from "../lib/cell.ts";
import { measure } from "../lib/engine/measure.ts";
import { runScenario, type Stand } from "../lib/engine/run-scenario.ts";
import type { Event, Mode } from "../lib/event.ts";
import { stamped } from "../lib/event-log.ts";
import { keptFor, type EvidenceLevel } from "../lib/evidence/evidence.ts";
import { evidenceFolder, scenarioEvidence, type ScenarioEvidence } from "../lib/evidence/scenario-evidence.ts";
import { readJournal } from "../lib/journal/read.ts";
import type { ScenarioResult } from "../lib/run.ts";
import type { SuiteStand } from "../lib/mocha/stand.ts";
import { judgeScenario } from "../lib/verdict/scenario.ts";
import { notRunFor, taintedNodes } from "../lib/verdict/taint.ts";
import { leftOpen } from "./not-undone.ts";

/** Where a cell's evidence goes, and how much of it is kept. */
export interface EvidencePlace {
  /** The cell's folder. */
  readonly dir: string;
  readonly level: EvidenceLevel;
}

/**
 * What a cell's suites run on. Once a scenario has left a node tainted, every further one throws instead of being run, and so does every hand-written look at
 * a path: it would be judged by what another had broken.
 */
export function suiteStand(
  stand: Stand,
  mode: Mode,
  run = runScenario,
  place: EvidencePlace | null = null,
): SuiteStand {
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
      const evidence = place && evidenceIn(place, { ...stand, emit }, scenario.id, mode);
      await run({ ...stand, emit, ...(evidence && { evidence }) }, scenario, mode);
      for (const left of leftOpen(scenario.id, readJournal(stand.journal.path), told)) emit(left);
      const [tainted] = taintedNodes(mine);
      if (tainted) notRun = notRunFor(tainted);
      const judged = () => judgeScenario(cellId(record.cell), mine);
      if (place && evidence) await keepEvidence(place, evidence, judged(), emit);
      return judged();
    },
    observe: async (path, flows) => {
      mustBeClean();
      return measure(stand.cluster, await stand.cluster.locate(), { [path]: { flows } });
    },
  };
}

function evidenceIn({ dir, level }: EvidencePlace, stand: Stand, scenario: string, mode: Mode): ScenarioEvidence {
  const { cluster, signal } = stand;
  const folder = join(dir, "evidence", evidenceFolder(scenario, mode));
  return scenarioEvidence({ cluster, dir: folder, level, ...(signal && { signal }) });
}

async function keepEvidence(
  place: EvidencePlace,
  evidence: ScenarioEvidence,
  { scenario, verdict, mode }: ScenarioResult,
  emit: Stand["emit"],
): Promise<void> {
  const { dir, ...kept } = await evidence.keep(keptFor(place.level, verdict, mode));
  if (place.level === "none") return;
  emit({ type: "evidence", scenario, dir: dir && relative(place.dir, dir), ...kept });
}
