import type { Whereabouts } from "../model/cluster.ts";
import type { Nth } from "../model/mode.ts";
import { startEvidence, type Evidence, type EvidenceOrder } from "./evidence.ts";

/** Evidence that the engine starts once the scenario is ready; the verdict decides later which files are kept. */
export interface ScenarioEvidence extends Evidence {
  /** Starts the captures and reads the state before the fault. A second call drops the evidence so far. */
  readonly begin: (where: Whereabouts) => Promise<void>;
}

/** Of a scenario; where it will be begun is not known yet. */
export interface ScenarioOrder extends Omit<EvidenceOrder, "where"> {
  /**
   * Returns true if all evidence would be kept, as far as known. Guards the state after the fault: reading two nodes is
   * costly where starting a process is.
   */
  readonly isWorthAll: () => boolean;
}

/** Nothing is done, and nothing kept, before `begin` is called. Never throws, as Evidence does not. */
export function scenarioEvidence({ isWorthAll, ...order }: ScenarioOrder): ScenarioEvidence {
  let begun: Promise<Evidence> | null = null;
  return {
    begin: async (where) => {
      const earlier = await begun;
      await earlier?.keep("none");
      begun = startEvidence({ ...order, where });
      await (await begun).mark("before");
    },
    mark: async (moment) => {
      if (moment !== "after" || isWorthAll()) await (await begun)?.mark(moment);
    },
    stop: async () => (await begun)?.stop(),
    settle: async () => (await begun)?.settle() ?? null,
    keep: async (kept) => (await begun)?.keep(kept) ?? { dir: null, kept: "none", files: 0, bytes: 0, trouble: [] },
  };
}

/** Name of a scenario's folder: one level, and another for each mode and each further time that it is run. Pure. */
export function evidenceFolder(scenario: string, mode: string, { repeat, attempt }: Nth = FIRST): string {
  const name = scenario.replace(/[^a-zA-Z0-9._-]/g, "-");
  const which = [
    ...(mode === "as-claimed" ? [] : [mode]),
    ...(repeat > 1 ? [`repeat-${repeat}`] : []),
    ...(attempt > 1 ? [`attempt-${attempt}`] : []),
  ];
  return [name, ...which].join("--");
}

const FIRST: Nth = { repeat: 1, attempt: 1 };
