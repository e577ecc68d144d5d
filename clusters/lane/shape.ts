/** A cluster of two nodes and Docker take about 2 GiB; the rest is page cache. */
export const LANE_MEMORY_MIB = 4096;

/**
 * Returns the processors a process may use, from its /proc/PID/status (Cpus_allowed_list, as in cpuset(7)): "0-2,5" is
 * 0, 1, 2 and 5. Empty if the line is missing. Pure.
 */
export function allowedCpus(status: string): readonly number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? "";
  return list.split(",").flatMap((range) => {
    const [first = Number.NaN, last = first] = range.split("-").map(Number.parseFloat);
    return Number.isNaN(first) ? [] : Array.from({ length: last - first + 1 }, (_, at) => first + at);
  });
}

/** The one for the VM of a run's `index`th cell: the last first, since most programs begin with the first. Pure. */
export function cpuFor(index: number, allowed: readonly number[]): number {
  return allowed.at(-1 - (index % Math.max(1, allowed.length))) ?? 0;
}
