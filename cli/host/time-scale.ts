import { timeScaleIn, type TimeScale } from "../../lib/host/time-scale.ts";

/** Set in a virtual machine of the kernel lane (clusters/lane/guest-project.ts). */
const VARIABLE = "FAULTLINE_TIME_SCALE";

/** Returns the time scale that this process was started with. No other file reads it from the environment. */
export function timeScaleOfProcess(): TimeScale {
  return timeScaleIn(process.env[VARIABLE]);
}
