/** A process's restrictions, which its children inherit: capabilities(7), getrlimit(2). */
export interface Restrictions {
  /** A bit for each capability that a child may have. */
  readonly boundingSet: bigint;
  /** `soft:hard` by the option of prlimit(1). */
  readonly limits: Readonly<Record<string, string>>;
}

/** The lines of /proc/PID/limits (proc_pid_limits(5)) by the option of prlimit(1) that sets them. */
const OPTIONS: Readonly<Record<string, string>> = {
  "cpu time": "cpu",
  "file size": "fsize",
  "data size": "data",
  "stack size": "stack",
  "core file size": "core",
  "resident set": "rss",
  processes: "nproc",
  "open files": "nofile",
  "locked memory": "memlock",
  "address space": "as",
  "file locks": "locks",
  "pending signals": "sigpending",
  "msgqueue size": "msgqueue",
  "nice priority": "nice",
  "realtime priority": "rtprio",
  "realtime timeout": "rttime",
};

/** Returns the restrictions in the text of /proc/PID/status and /proc/PID/limits, other lines between them or not. */
export function restrictionsIn(text: string): Restrictions {
  const [, boundingSet = "0"] = /^CapBnd:\s*([0-9a-f]+)$/m.exec(text) ?? [];
  const lines = text.matchAll(/^Max (.+?) {2,}(\w+) +(\w+)/gm);
  const limits = [...lines].flatMap(([, name = "", soft, hard]) => {
    const option = OPTIONS[name];
    return option === undefined ? [] : [[option, `${soft}:${hard}`] as const];
  });
  return { boundingSet: BigInt(`0x${boundingSet}`), limits: Object.fromEntries(limits) };
}

/**
 * Returns the words to put before a command of root so that it runs under `wanted` instead of `ours`: none where both
 * are equal. A capability that `ours` lacks cannot be added. Pure.
 */
export function underRestrictions(ours: Restrictions, wanted: Restrictions): readonly string[] {
  const limits = Object.entries(wanted.limits).flatMap(([option, limit]) =>
    ours.limits[option] === limit ? [] : [`--${option}=${limit}`],
  );
  const excess = ours.boundingSet & ~wanted.boundingSet;
  const dropped = Array.from(excess.toString(2))
    .reverse()
    .flatMap((bit, index) => (bit === "1" ? [`-cap_${index}`] : []));
  // Limits first: raising one needs a capability that may be dropped.
  return [
    ...(limits.length > 0 ? ["prlimit", ...limits] : []),
    ...(dropped.length > 0 ? ["setpriv", `--bounding-set=${dropped.join(",")}`] : []),
  ];
}
