import type { Cluster } from "../model/cluster.ts";
import type { ScenarioEvent } from "../events/event.ts";
import type { Nth } from "../model/mode.ts";
import type { Emit } from "../events/event-log.ts";
import type { ScenarioEvidence } from "../evidence/scenario-evidence.ts";
import type { Reach } from "../faults/contract/kind.ts";
import type { Target } from "../faults/run/target.ts";
import type { JournalFile } from "../journal/journal.ts";
import type { OfNodes } from "../model/nodes.ts";
import { PACE, type Pace } from "./pace.ts";

/** Where faults can be put, by node role. */
export type Targets = OfNodes<Target> & { readonly "control-plane": Target };

/** What a scenario is run with. */
export interface ScenarioContext {
  readonly cluster: Cluster;
  readonly targets: Targets;
  readonly journal: JournalFile;
  readonly emit: Emit;
  readonly signal?: AbortSignal;
  /** Default: no fault reaches further than its node. */
  readonly reach?: Reach;
  /** Of this one scenario. */
  readonly evidence?: ScenarioEvidence;
  /** Which time the scenario is run; absent for the first. */
  readonly nth?: Nth;
  /** Default: that of a real cluster. */
  readonly pace?: Pace;
}

export type NewScenarioEvent = ScenarioEvent extends infer E
  ? E extends ScenarioEvent
    ? Omit<E, "scenario">
    : never
  : never;

/** Logs an event of the scenario under way. */
export type Say = (event: NewScenarioEvent) => void;

export function paceOf({ pace = PACE }: Pick<ScenarioContext, "pace">): Pace {
  return pace;
}

export function signalOf({ signal }: ScenarioContext): { readonly signal?: AbortSignal } {
  return signal ? { signal } : {};
}
