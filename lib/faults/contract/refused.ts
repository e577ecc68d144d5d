import { EXIT, FaultlineError, UndecidedError } from "../../host/errors.ts";

/** A guard held: nothing was written anywhere. Exit 4. */
export class GuardError extends FaultlineError {
  constructor(message: string, nextStep = "faults go only into kind nodes of this run") {
    super(message, EXIT.preflight, nextStep);
  }
}

/** The fault is not in force: refused by what is on the node, or applied in vain and undone again. Exit 2. */
export class FaultNotInForce extends UndecidedError {}
