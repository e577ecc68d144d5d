import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../lib/errors.ts";
import { ownerLives } from "./setup/ownership.ts";

/**
 * Who uses a cluster just now: a file of the machine with the owner's mark (see ownership.ts). The label on its network tells who made it, and a kept
 * cluster outlives that; this tells who has it, so that neither a second run nor gc takes it away.
 */
export interface Leases {
  /** Takes the cluster for `owner`. Throws UsageError when somebody living has it. */
  take(cluster: string, owner: string): Promise<void>;
  release(cluster: string): void;
  /** Whether somebody living has it. */
  isTaken(cluster: string): Promise<boolean>;
}

type ReadText = (path: string) => Promise<string | undefined>;

/** The leases kept below `cacheDir`. */
export function leases(cacheDir: string, readText: ReadText): Leases {
  const dir = join(cacheDir, "in-use");
  const path = (cluster: string) => join(dir, cluster);
  const isTaken = async (cluster: string) => ownerLives(readText, (await readText(path(cluster))) ?? "");
  return {
    take: async (cluster, owner) => {
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      if (await isTaken(cluster)) throw inUse(cluster);
      rmSync(path(cluster), { force: true });
      try {
        writeFileSync(path(cluster), owner, { flag: "wx", mode: 0o600 });
      } catch {
        throw inUse(cluster);
      }
    },
    release: (cluster) => {
      rmSync(path(cluster), { force: true });
    },
    isTaken,
  };
}

function inUse(cluster: string): UsageError {
  return new UsageError(
    `cluster "${cluster}" is in use by another run`,
    "wait for that run to end, or take another cluster",
  );
}
