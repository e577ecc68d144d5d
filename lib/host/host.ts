import { atScale, hostExec, type Exec } from "./exec.ts";
import type { TimeScale } from "./time-scale.ts";

/** This machine: how to run commands on it, and how slow it is. */
export interface Host {
  /** Its timeouts are multiplied by the time scale already. */
  readonly exec: Exec;
  readonly timeScale: TimeScale;
}

/** Returns this machine as one of that speed. */
export function hostAt(timeScale: TimeScale): Host {
  return { exec: atScale(timeScale, hostExec), timeScale };
}
