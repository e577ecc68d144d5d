import { z } from "zod";
import type { NoFault } from "../../contract/fault.ts";
import { nothingMore, type FaultKind } from "../../contract/kind.ts";

/** Does nothing at all; journaled like any other, so that a run with it takes the same way. */
export const noneKind: FaultKind<NoFault, null> = {
  kind: "none",
  scope: "namespace",
  schema: z.strictObject({ kind: z.literal("none") }),
  priorSchema: z.null(),
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
