/** The verdict on a scenario or a path. `unknown`: the run could not decide; never green. */
export type Verdict = "pass" | "fail" | "unknown" | "skip";
