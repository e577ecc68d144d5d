import type { Json } from "../contract/kind.ts";
import type { NodeFault } from "../registry.ts";
import type { TargetIdentity } from "./identity.ts";
import type { UndoState } from "./undo.ts";

/**
 * The write-ahead journal of a run, as injecting and undoing write it. lib/journal keeps it on disk and heals from it.
 */
export interface Journal {
  /** Returns once the entry is durable. Throws when it is not: then the step that it announces must not be done. */
  append(entry: NewEntry): void;
}

/** An entry without its version and time, which the journal adds. */
export type NewEntry = NewIntent | NewStep;

/** Written before anything is written to the node: everything that undo needs. */
interface NewIntent {
  readonly state: "intent";
  readonly faultId: string;
  readonly nodeFault: NodeFault;
  readonly prior: Json;
  readonly target: TargetIdentity;
}

interface NewStep {
  readonly state: "applied" | "verified" | UndoState;
  readonly faultId: string;
  readonly detail: string;
}
