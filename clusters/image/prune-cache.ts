import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Build } from "./run-steps.ts";

/** Of each step, beside the present result: checkouts at other commits share the cache. */
const OTHERS_KEPT = 2;
const KEPT_FOR_MS = 14 * 24 * 60 * 60_000;

interface Entry {
  readonly name: string;
  /** When a build made it or took it from the cache. */
  readonly usedAtMs: number;
}

/**
 * Removes unused results, and half-made ones of dead processes. Called after a successful build; a later build makes a
 * removed result again.
 */
export async function pruneCache(
  { cacheDir, steps, keys }: Pick<Build, "cacheDir" | "steps" | "keys">,
  nowMs = Date.now(),
): Promise<void> {
  const names = await readdir(cacheDir).catch(() => []);
  const entries = await Promise.all(
    names.map(async (name) => ({ name, usedAtMs: await usedAtMs(join(cacheDir, name)) })),
  );
  const stale = steps.flatMap((step) => staleOf(step.name, keys.get(step.name) ?? "", entries, nowMs));
  await Promise.all(stale.map((name) => rm(join(cacheDir, name), { recursive: true, force: true })));
}

/** A step's results are called `STEP-KEY`, and while they are made `STEP-KEY.tmp-PID`. */
function staleOf(step: string, key: string, entries: readonly Entry[], nowMs: number): readonly string[] {
  const parsed = entries.flatMap((entry) => {
    const found = /^(.*)-([0-9a-f]{64})(?:\.tmp-(\d+))?$/.exec(entry.name);
    return found?.[1] === step ? [{ ...entry, key: found[2], pid: found[3] }] : [];
  });
  const halfMade = parsed.filter(({ pid }) => pid !== undefined && !isAlive(Number(pid)));
  const others = parsed.filter((entry) => entry.pid === undefined && entry.key !== key);
  const byUse = others.toSorted((a, b) => b.usedAtMs - a.usedAtMs);
  const unused = byUse.filter(({ usedAtMs }, index) => index >= OTHERS_KEPT || nowMs - usedAtMs > KEPT_FOR_MS);
  return [...halfMade, ...unused].map(({ name }) => name);
}

async function usedAtMs(path: string): Promise<number> {
  return (await stat(path).catch(() => ({ mtimeMs: 0 }))).mtimeMs;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
