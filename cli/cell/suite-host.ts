import { join, relative } from "node:path";
import { cellId } from "../../lib/model/cell.ts";
import { measure } from "../../lib/engine/measure.ts";
import { runScenario, type ScenarioContext } from "../../lib/engine/run-scenario.ts";
import type { Event } from "../../lib/events/event.ts";
import type { Mode, Nth } from "../../lib/model/mode.ts";
import { stamped } from "../../lib/events/event-log.ts";
import { keptFor, type EvidenceLevel } from "../../lib/evidence/evidence.ts";
import { evidenceFolder, scenarioEvidence, type ScenarioEvidence } from "../../lib/evidence/scenario-evidence.ts";
import { captureMark } from "../../lib/evidence/sweep.ts";
import { readJournal } from "../../lib/journal/read.ts";
import type { ScenarioResult } from "../../lib/verdict/result.ts";
import type { SuiteHost } from "../../lib/mocha/suite-host.ts";
import { judgeScenario } from "../../lib/verdict/scenario.ts";
import type { Observation } from "../../lib/probes/probe.ts";
import { resultOf, type JudgedTry } from "../../lib/verdict/tries.ts";
import type { Scenario } from "../../lib/scenario/spec.ts";
import { notRunBecause, taintedNodes } from "../../lib/verdict/taint.ts";
import { Explaining } from "./explaining.ts";
import { FIRST, nextTry } from "./retry.ts";
import { leftOpen } from "./not-undone.ts";

/** Where a cell's evidence goes, and how much of it is kept. */
export interface EvidencePlace {
  /** The cell's folder. */
  readonly dir: string;
  readonly level: EvidenceLevel;
}

/** One explaining thread for the whole process. */
const explaining = new Explaining();

/** The host of a cell's suites, with the work that goes on behind them. */
export interface CellHost extends SuiteHost {
  /** Resolves once the evidence of all scenarios so far is explained and on the disk. Never rejects. */
  readonly settled: () => Promise<void>;
}

/**
 * Returns the host of a cell's suites, which runs and judges their scenarios. Once a scenario has tainted a node, every
 * further scenario and every hand-written observation throws: it would be judged by another one's damage. A scenario's
 * evidence is explained and written while the next one is probed, but before the same one is run again.
 */
export function suiteHost(
  context: ScenarioContext,
  mode: Mode,
  run = runScenario,
  place: EvidencePlace | null = null,
  repeats = 1,
): CellHost {
  const { record } = context.cluster;
  const told = new Set<string>();
  let notRun: string | null = null;
  let settling = Promise.resolve();
  let settleNow = () => {};
  // Explaining keeps a processor busy, so it waits for the next scenario's probes under the fault: these mostly wait.
  const settleLater = (keep: () => Promise<void>) => {
    settleNow();
    const turn = Promise.withResolvers<undefined>();
    settleNow = () => turn.resolve(undefined);
    settling = settling
      .then(() => turn.promise)
      .then(keep)
      .catch((error: unknown) => context.emit({ type: "note", text: `evidence: ${(error as Error).message}` }))
      // The log itself cannot be written.
      .catch((error: unknown) => process.emitWarning(error as Error));
  };
  const settled = async () => {
    settleNow();
    await settling;
  };
  const emit: ScenarioContext["emit"] = (event) => {
    context.emit(event);
    if (event.type === "read-back" && event.when === "during") settleNow();
  };
  const mustBeClean = () => {
    if (notRun !== null) throw new Error(notRun);
  };
  return {
    context: { cell: record.cell, traits: record.traits },
    run: async (scenario) => {
      const tries: JudgedTry[] = [];
      for (let nth: Nth | null = FIRST; nth !== null;) {
        context.signal?.throwIfAborted();
        mustBeClean();
        // A try ends in the log where the next begins, so its late events must be logged before that.
        if (nth !== FIRST) await settled();
        const once = { context: { ...context, emit }, mode, run, place, told };
        const { result, tainted, events, keep } = await runOnce(once, scenario, nth);
        settleLater(keep);
        tries.push({ ...nth, verdict: result.verdict, reason: result.reason, result });
        if (tainted) notRun = notRunBecause(tainted);
        nth = tainted ? null : nextTry({ nth, mode, result, events, fails: failsOf(nth, tries) }, repeats);
      }
      return resultOf(tries);
    },
    observe: async (path, flows) => {
      mustBeClean();
      return measure(context.cluster, await context.cluster.locate(), { [path]: { flows } });
    },
    settled,
  };
}

function failsOf({ repeat }: Nth, tries: readonly JudgedTry[]): number {
  return tries.filter((one) => one.repeat === repeat && one.verdict === "fail").length;
}

interface Once {
  readonly context: ScenarioContext;
  readonly mode: Mode;
  readonly run: typeof runScenario;
  readonly place: EvidencePlace | null;
  /** Ids of the faults with a `healed` event. */
  readonly told: Set<string>;
}

async function runOnce({ context, mode, run, place, told }: Once, scenario: Scenario, nth: Nth) {
  const mine: Event[] = [];
  const emit: ScenarioContext["emit"] = (event) => {
    mine.push(stamped(event));
    if (event.type === "healed") told.add(event.faultId);
    context.emit(event);
  };
  const judgedBy = (events: readonly Event[]) => judgeScenario(cellId(context.cluster.record.cell), events);
  // Called after the comparison of nodes, when only the scenario's end is missing: judged with an end added.
  const isWorthAll = () => {
    const end = stamped({ type: "scenario-finished", scenario: scenario.id, durationMs: 0 });
    return place !== null && keptFor(place.level, judgedBy([...mine, end]).verdict, mode) === "full";
  };
  const evidence = place && evidenceIn(place, { ...context, emit }, evidenceFolder(scenario.id, mode, nth), isWorthAll);
  await run({ ...context, emit, ...(nth !== FIRST && { nth }), ...(evidence && { evidence }) }, scenario, mode);
  // After an error the captures still run, and would catch the next scenario's packets.
  await evidence?.stop();
  for (const left of leftOpen(scenario.id, readJournal(context.journal.path), told)) emit(left);
  const [tainted] = taintedNodes(mine);
  const result = judgedBy(mine);
  const keep = async () => {
    if (place && evidence) await keepEvidence(place, evidence, mine, result, emit);
  };
  return { result, tainted, events: mine, keep };
}

function evidenceIn(
  { dir, level }: EvidencePlace,
  { cluster, signal }: ScenarioContext,
  folder: string,
  isWorthAll: () => boolean,
): ScenarioEvidence {
  const where = { dir: join(dir, "evidence", folder), mark: captureMark(dir) };
  return scenarioEvidence({ cluster, level, isWorthAll, ...where, ...(signal && { signal }) });
}

/**
 * Explains a result once, from all of its evidence, then deletes the files that are not kept. Never throws: evidence
 * decides nothing.
 */
async function keepEvidence(
  place: EvidencePlace,
  evidence: ScenarioEvidence,
  events: readonly Event[],
  { scenario, verdict, mode }: ScenarioResult,
  emit: ScenarioContext["emit"],
): Promise<void> {
  const seen = mode === "as-claimed" ? lastUnderFault(events) : [];
  const trouble: string[] = [];
  try {
    const dir = seen.some(({ symptom }) => symptom !== "ok") ? await evidence.settle() : null;
    if (dir !== null) {
      const explanations = await explaining.explain({ dir, observations: seen });
      emit({ type: "explained", scenario, explanations, deferred: true });
    }
  } catch (error) {
    trouble.push(`explanation: ${(error as Error).message}`);
  }
  const { dir: folder, ...kept } = await evidence.keep(keptFor(place.level, verdict, mode));
  if (place.level === "none") return;
  const dir = folder && relative(place.dir, folder);
  emit({ type: "evidence", scenario, dir, ...kept, trouble: [...kept.trouble, ...trouble], deferred: true });
}

/** Returns the last round before the recovery: one of the steady state if no round under the fault was measured. */
function lastUnderFault(events: readonly Event[]): readonly Observation[] {
  const rounds = events.flatMap((event) => (event.type === "round" && event.phase !== "recovery" ? [event] : []));
  return rounds.at(-1)?.observations ?? [];
}
