import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../../lib/host/errors.ts";
import { checkedName } from "./cluster-name.ts";
import { acquire, markIn, release, type StateOf } from "./lock.ts";
import { ownerState } from "./owner.ts";

/**
 * The record of which run uses which cluster: a file on this machine with the owner's mark (owner.ts) and its run
 * directory. The lease exists before the cluster's first part and goes after its last, so it also names the owner of
 * what a killed run left half-made. The labels on a cluster's network name its maker, which a kept cluster outlives.
 * The lease names its user, so that neither a second run nor gc takes the cluster away.
 */
export interface Leases {
  /**
   * Takes the cluster for `owner` and the run in `runDir`. Throws UsageError while another owner that is not gone has
   * it.
   */
  take(cluster: string, owner: string, runDir: string): Promise<void>;
  /** Releases a lease that this object took. */
  release(cluster: string): void;
  /** Removes the lease, including another owner's. */
  drop(cluster: string): void;
  /** True while an owner that is not gone has the cluster. */
  isTaken(cluster: string): Promise<boolean>;
  /** Returns all leases, including those of dead owners. */
  all(): Promise<readonly ClusterLease[]>;
  /** Returns the clusters that owners which are not gone took before this one was taken. */
  ahead(cluster: string): Promise<readonly string[]>;
}

export interface ClusterLease {
  readonly cluster: string;
  readonly owner: string;
  /** Empty in leases of older versions. */
  readonly runDir: string;
  readonly takenAtMs: number;
}

type ReadText = (path: string) => Promise<string | undefined>;

/** Returns the leases stored below `cacheDir`. */
export function leases(cacheDir: string, readText: ReadText): Leases {
  const dir = join(cacheDir, "in-use");
  const stateOf: StateOf = (mark) => ownerState(readText, mark);
  const path = (cluster: string) => join(dir, checkedName(cluster));
  const taken = new Map<string, string>();
  const all = async () => {
    const readings = clustersIn(dir).map(async (cluster) =>
      leaseIn(cluster, path(cluster), await readText(path(cluster))),
    );
    return await Promise.all(readings);
  };
  return {
    take: async (cluster, owner, runDir) => {
      const text = `${owner}\n${runDir}`;
      if ((await acquire(path(cluster), text, stateOf)) !== null) throw inUse(cluster);
      taken.set(cluster, text);
    },
    release: (cluster) => {
      const text = taken.get(cluster);
      if (text !== undefined) release(path(cluster), text);
    },
    drop: (cluster) => rmSync(path(cluster), { force: true }),
    isTaken: async (cluster) => (await stateOf(markIn((await readText(path(cluster))) ?? ""))) !== "gone",
    all,
    ahead: async (cluster) => {
      const every = await all();
      const own = every.find((lease) => lease.cluster === cluster);
      const earlier = every.filter((lease) => own !== undefined && byAge(lease, own) < 0).toSorted(byAge);
      const states = await Promise.all(earlier.map(({ owner }) => stateOf(owner)));
      return earlier.filter((_, index) => states[index] !== "gone").map((lease) => lease.cluster);
    },
  };
}

function leaseIn(cluster: string, path: string, text = ""): ClusterLease {
  const [, runDir = ""] = text.split("\n");
  // The file may vanish between the two reads; it then is no lease.
  const takenAtMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return { cluster, owner: markIn(text), runDir, takenAtMs };
}

/** Orders leases the same way in every process, also two that were taken at the same moment. */
function byAge(a: ClusterLease, b: ClusterLease): number {
  return a.takenAtMs - b.takenAtMs || a.cluster.localeCompare(b.cluster, "en");
}

/** Returns the clusters with a lease file. Names with a dot or a tilde belong to an acquisition under way (lock.ts). */
function clustersIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir).filter((name) => /^[a-z0-9][a-z0-9-]*$/.test(name));
  } catch {
    return [];
  }
}

function inUse(cluster: string): UsageError {
  return new UsageError(
    `cluster "${cluster}" is in use by another run`,
    "wait for that run to end, or take another cluster",
  );
}
