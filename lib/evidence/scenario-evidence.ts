import type { Whereabouts } from "../model/cluster.ts";
import type { Nth } from "../model/mode.ts";
import { startEvidence, type Evidence, type EvidenceOptions } from "./evidence.ts";

/** Evidence that the engine starts once the scenario is ready; the verdict decides later which files are kept. */
export interface ScenarioEvidence extends Evidence {
  /**
   * Starts the captures and reads the state before the fault. A call while another of the same place is under way
   * shares it. Any later call waits for the earlier one and drops its evidence.
   */
  readonly begin: (where: Whereabouts) => Promise<void>;
}

/** Of a scenario; where it will be begun is not known yet. */
export interface ScenarioEvidenceOptions extends Omit<EvidenceOptions, "where"> {
  /**
   * Returns true if all evidence would be kept, as far as known. Guards the state after the fault: reading two nodes is
   * costly where starting a process is.
   */
  readonly isWorthAll: () => boolean;
}

/** Nothing is done, and nothing kept, before `begin` is called. Never throws, as Evidence does not. */
export function scenarioEvidence({ isWorthAll, ...options }: ScenarioEvidenceOptions): ScenarioEvidence {
  let begun: Promise<Evidence> | null = null;
  let underWay: { readonly where: Whereabouts; readonly done: Promise<void> } | null = null;
  const startAfter = async (earlier: Promise<Evidence> | null, where: Whereabouts): Promise<Evidence> => {
    await (await earlier)?.keep("none");
    return await startEvidence({ ...options, where });
  };
  return {
    begin: (where) => {
      if (underWay?.where === where) return underWay.done;
      // Set before anything is awaited: a second caller must find this start, or its captures would never be ended.
      const starting = startAfter(begun, where);
      begun = starting;
      const begin = async () => await (await starting).mark("before");
      const mine = { where, done: begin().finally(() => (underWay = underWay === mine ? null : underWay)) };
      underWay = mine;
      return mine.done;
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
