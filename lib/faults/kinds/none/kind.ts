import { z } from "zod";
import { nothingMore, type FaultKind, type NodeFaultOf } from "../../contract/kind.ts";

const schema = z.strictObject({ kind: z.literal("none") });

/** Does nothing. A scenario is run with it to show that the scenario can fail. */
export type NoFault = Readonly<z.output<typeof schema>>;

/** Journaled like any other fault, so that a run with it takes the same course. */
const noneKind: FaultKind<NoFault, null> = {
  kind: "none",
  schema,
  priorSchema: z.null(),
  describe: () => "no fault",
  steps: () => ({ apply: [], readBack: [], undo: [], verify: [] }),
  scope: () => "namespace",
  validate: nothingMore,
  claims: () => [],
  capture: () => null,
  captured: () => null,
  priorInPlan: () => null,
  apply: () => null,
  readBack: () => null,
  readBackSaid: () => ({ inForce: true, detail: "no fault, as asked" }),
  undo: () => null,
  verifyUndone: () => null,
};
export default noneKind;

export const noFault: NodeFaultOf<NoFault> = { node: "A", fault: { kind: "none" } };
