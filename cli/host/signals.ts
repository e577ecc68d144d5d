import { LEASE, leaseAt } from "../../lib/faults/run/dead-man.ts";
import { EXIT } from "../../lib/host/errors.ts";
import { timeScaleOfProcess } from "./time-scale.ts";

/**
 * A signal's effect on a run. First: no new work; faults are undone, reports written, exit 130/143. Second: undo only,
 * without reports and cluster deletion. Third: exit at once; the journal keeps the open faults.
 */
export interface Interruption {
  readonly signal: AbortSignal;
  /** The exit code the signal asks for; null when none came. */
  exitCode(): number | null;
  /** True from the second signal on. */
  hurried(): boolean;
  /** Stops listening. */
  release(): void;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Listens from now on; `say` prints to the user. */
export function onInterrupt(say: (line: string) => void): Interruption {
  const controller = new AbortController();
  let count = 0;
  let code: number | null = null;
  const handle = (name: NodeJS.Signals) => {
    count += 1;
    code ??= name === "SIGINT" ? EXIT.sigint : EXIT.sigterm;
    if (count === 1) {
      say(`${name}: stopping; faults are being undone, then the report is written (again: only undo)`);
      controller.abort(new Error(`interrupted by ${name}`));
    } else if (count === 2) {
      say(`${name}: only undoing faults now (again: leave at once)`);
    } else {
      const leaseS = leaseAt(LEASE, timeScaleOfProcess()).leaseMs / 1000;
      const otherwise = `wait ${leaseS} s for the dead-man on the node`;
      say(`left before everything was undone; run ./faultline heal, or ${otherwise}`);
      process.exit(code);
    }
  };
  for (const name of SIGNALS) process.on(name, handle);
  // The reader of our output is gone (`| head`): faults must still be undone.
  const onPipe = (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  };
  process.stdout.on("error", onPipe);
  process.stderr.on("error", onPipe);
  return {
    signal: controller.signal,
    exitCode: () => code,
    hurried: () => count > 1,
    release: () => {
      for (const name of SIGNALS) process.off(name, handle);
    },
  };
}
