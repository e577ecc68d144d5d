import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../../lib/host/errors.ts";
import { checkedName } from "./cluster-name.ts";
import { claim, markIn, release, type StateOf } from "./lock.ts";
import { ownerState } from "./owner.ts";

/**
 * Who uses a cluster just now: a file of the machine with the owner's mark (owner.ts) and the directory of its run. It is there before the first
 * thing of the cluster and goes after the last, so it also tells whose is what a killed run left half-made. The labels on a cluster's network tell who made
 * it, and a kept cluster outlives that; this tells who has it, so that neither a second run nor gc takes it away.
 */
export interface Leases {
  /** Takes the cluster for `owner`, for the run in `runDir`. Throws UsageError when somebody has it who is not gone. */
  take(cluster: string, owner: string, runDir: string): Promise<void>;
  /** Gives up what `take` took here. */
  release(cluster: string): void;
  /** Takes the lease away, whosever it is. */
  drop(cluster: string): void;
  /** Whether somebody has it who is not gone. */
  isTaken(cluster: string): Promise<boolean>;
  /** All there are, those of dead owners among them. */
  all(): Promise<readonly Lease[]>;
  /** The clusters that somebody who is not gone has had for longer than this one's owner has it. */
  ahead(cluster: string): Promise<readonly string[]>;
}

export interface Lease {
  readonly cluster: string;
  readonly owner: string;
  /** Empty in leases of before it was written down. */
  readonly runDir: string;
  readonly takenAtMs: number;
}

type ReadText = (path: string) => Promise<string | undefined>;

/** The leases kept below `cacheDir`. */
export function leases(cacheDir: string, readText: ReadText): Leases {
  const dir = join(cacheDir, "in-use");
  const stateOf: StateOf = (mark) => ownerState(readText, mark);
  const path = (cluster: string) => join(dir, checkedName(cluster));
  const taken = new Map<string, string>();
  const all = async () => {
    const found = clustersIn(dir).map(async (cluster) =>
      leaseIn(cluster, path(cluster), await readText(path(cluster))),
    );
    return await Promise.all(found);
  };
  return {
    take: async (cluster, owner, runDir) => {
      const text = `${owner}\n${runDir}`;
      if ((await claim(path(cluster), text, stateOf)) !== null) throw inUse(cluster);
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
      const own = every.find((one) => one.cluster === cluster);
      const earlier = every.filter((one) => own !== undefined && byAge(one, own) < 0).toSorted(byAge);
      const states = await Promise.all(earlier.map(({ owner }) => stateOf(owner)));
      return earlier.filter((_, index) => states[index] !== "gone").map((one) => one.cluster);
    },
  };
}

function leaseIn(cluster: string, path: string, text = ""): Lease {
  const [, runDir = ""] = text.split("\n");
  // One that is given up just now is no lease of anybody's.
  const takenAtMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return { cluster, owner: markIn(text), runDir, takenAtMs };
}

/** The same for all who look, also of two that were taken at the same moment. */
function byAge(a: Lease, b: Lease): number {
  return a.takenAtMs - b.takenAtMs || a.cluster.localeCompare(b.cluster, "en");
}

/** Names with a dot or a tilde are of a claim under way (lock.ts); what is no cluster's name is not ours. */
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
