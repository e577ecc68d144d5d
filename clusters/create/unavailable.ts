import { FaultlineError } from "../../lib/host/errors.ts";
import type { Emit } from "../../lib/events/event-log.ts";

/**
 * Tells the log of something that a cell's scenarios need and that was not to be had, with the next step where the error has one. The run goes on: only the scenarios
 * that need it suffer. Throws where the run was stopped meanwhile, since that is then why.
 */
export function tellNotHad(
  { emit, signal }: { readonly emit: Emit; readonly signal: AbortSignal },
  what: string,
  error: unknown,
): void {
  signal.throwIfAborted();
  const next = error instanceof FaultlineError ? `; ${error.nextStep}` : "";
  emit({ type: "note", text: `no ${what}: ${(error as Error).message}${next}` });
}
