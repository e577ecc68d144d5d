import { readFile } from "node:fs/promises";

/** A line of bash's `times`: user and system time, "0m1.234s 1m0.050s". */
const TIMES = /^(\d+)m([\d.]+)s (\d+)m([\d.]+)s$/gm;

/** Returns the sum of all times in what scripts/with-times wrote, in ms. Pure. */
export function cpuMsIn(text: string): number {
  const seconds = [...text.matchAll(TIMES)].map(
    ([, userMin, userS, systemMin, systemS]) =>
      (Number(userMin) + Number(systemMin)) * 60 + Number(userS) + Number(systemS),
  );
  return Math.round(seconds.reduce((sum, one) => sum + one, 0) * 1000);
}

/** Reads a file of scripts/with-times. A step without commands has none: 0. */
export async function cpuMsOf(path: string): Promise<number> {
  return cpuMsIn(await readFile(path, "utf8").catch(() => ""));
}
