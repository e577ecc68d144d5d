/** The judgement of a scenario or a path. `unknown`: it could not be decided; never green. */
export type Verdict = "pass" | "fail" | "unknown" | "skip";
