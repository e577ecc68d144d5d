import { FaultlineError } from "../../lib/host/errors.ts";
import type { Emit } from "../../lib/events/event-log.ts";

/**
 * Logs that a resource of the cell's scenarios is unavailable, with the error's next step if it has one. The run goes
 * on: only the scenarios that need the resource are affected. Throws if the run was stopped, since that is then the
 * cause.
 */
export function logUnavailable(
  { emit, signal }: { readonly emit: Emit; readonly signal: AbortSignal },
  what: string,
  error: unknown,
): void {
  signal.throwIfAborted();
  const next = error instanceof FaultlineError ? `; ${error.nextStep}` : "";
  emit({ type: "note", text: `no ${what}: ${(error as Error).message}${next}` });
}
