import type { Check } from "./check.ts";
import { missing, ok, warning } from "./check.ts";
import { GIB, inGib } from "./size.ts";

const LEAST_BYTES = 3 * GIB;

export const memory: Check = {
  id: "memory",
  what: `${inGib(LEAST_BYTES)} of available memory`,
  why: "a cluster of two nodes takes about 0.6 GiB, building its image up to 3",
  find: async (context) => {
    const available = availableBytes((await context.readText("/proc/meminfo")) ?? "");
    if (available === undefined) return warning("not checked: no /proc/meminfo here");
    const detail = `${inGib(available)} available`;
    if (available >= LEAST_BYTES) return ok(detail);
    return missing(detail, "stop something, or delete kept clusters (./faultline gc)");
  },
};

/** Returns MemAvailable of /proc/meminfo (proc(5)) in bytes; undefined when the text has none. */
export function availableBytes(meminfo: string): number | undefined {
  const kib = /^MemAvailable:\s+(\d+) kB$/m.exec(meminfo)?.[1];
  return kib === undefined ? undefined : Number(kib) * 1024;
}
