import { hostContext } from "../clusters/setup/host-context.ts";
import { terminalAsk } from "../clusters/setup/ask.ts";
import { kindPath } from "../clusters/setup/kind.ts";
import { setUp } from "../clusters/setup/setup.ts";
import type { CheckContext } from "../clusters/setup/check.ts";
import { deleteCluster } from "../clusters/delete.ts";

/** This machine, with our own way to delete clusters (their closing rule goes with them). */
export function machine(progress: (line: string) => void = () => undefined): CheckContext {
  return hostContext({
    progress,
    deleteCluster: async (name) => deleteCluster((await kindPath(hostContext())) ?? "kind", name),
  });
}

/** Brings the machine to where a run can start. Throws PreflightError listing all that is missing, with commands. */
export async function prepareMachine(options: {
  readonly yes: boolean;
  readonly progress: (line: string) => void;
}): Promise<void> {
  const ask = terminalAsk();
  await setUp({ context: machine(options.progress), yes: options.yes, ...(ask ? { ask } : {}) });
}
