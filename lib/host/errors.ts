/** Exit codes, a stable contract (docs/cli.md). */
export const EXIT = {
  ok: 0,
  broken: 1,
  undecided: 2,
  usage: 3,
  preflight: 4,
  notUndone: 5,
  sigint: 130,
  sigterm: 143,
} as const;

/**
 * An error that the user can act on. The CLI prints `message`, then `nextStep`, and no stack trace. `message` begins
 * with its subject in lower case; `nextStep` is a command or a sentence.
 */
export class FaultlineError extends Error {
  readonly exitCode: number;
  readonly nextStep: string;

  constructor(message: string, exitCode: number, nextStep: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.exitCode = exitCode;
    this.nextStep = nextStep;
  }
}

/** Wrong flag, cell, scenario or configuration: exit 3. */
export class UsageError extends FaultlineError {
  constructor(message: string, nextStep = "see ./faultline --help", options?: ErrorOptions) {
    super(message, EXIT.usage, nextStep, options);
  }
}

/** The machine lacks something that a run needs: exit 4. */
export class PreflightError extends FaultlineError {
  constructor(message: string, nextStep = "run ./faultline doctor", options?: ErrorOptions) {
    super(message, EXIT.preflight, nextStep, options);
  }
}

/** The harness could not reach a verdict, for example because a cluster never got ready: exit 2. */
export class UndecidedError extends FaultlineError {
  constructor(message: string, nextStep: string, options?: ErrorOptions) {
    super(message, EXIT.undecided, nextStep, options);
  }
}

/** A fault could not be undone: exit 5, which outranks every other code. */
export class NotUndoneError extends FaultlineError {
  constructor(message: string, nextStep = "run ./faultline heal", options?: ErrorOptions) {
    super(message, EXIT.notUndone, nextStep, options);
  }
}
