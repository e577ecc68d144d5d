import { EXIT, FaultlineError, UndecidedError } from "../../host/errors.ts";

/** A guard refused: nothing was written anywhere. Exit 4. */
export class GuardError extends FaultlineError {
  constructor(message: string, nextStep = "faults go only into kind nodes of this run") {
    super(message, EXIT.preflight, nextStep);
  }
}

/** The fault is not in force: the node's state rules it out, or it was applied without effect and undone. Exit 2. */
export class FaultNotInForce extends UndecidedError {}
