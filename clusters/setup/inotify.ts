import { PreflightError } from "../../lib/host/errors.ts";
import type { Check, CheckContext, MachineFinding } from "./check.ts";
import { ok, warning } from "./check.ts";

/**
 * Root's inotify instances on each node of a cluster, as counted: kubelet 7, systemd 3, containerd and kube-proxy one
 * each. API server (6) and controller manager (7) run under other users (image/kubeadm.ts), and the limit is per user.
 * Without those users (newer kubeadm, clusters of older checkouts), a cluster of two has up to 41.
 */
const ON_A_NODE = 12;
/**
 * The count of instances in use is slightly too high (forked processes show them twice), so this refuses only clusters
 * that cannot start.
 */
const PER_NODE = 10.5;
const LIMIT = "/proc/sys/fs/inotify/max_user_instances";

type Machine = Pick<CheckContext, "exec" | "readText">;

/** The use of the limit, which is per user: all nodes run as root, so clusters share it. */
export interface InotifyUse {
  readonly used: number;
  readonly limit: number;
}

/** Only a warning: a run on a kept cluster needs no more instances. Creating one calls mustHaveRoom. */
export const inotify: Check = {
  id: "inotify",
  what: `${PER_NODE * 2} inotify instances for each cluster of two nodes`,
  why: "where the limit is reached, systemd and kubelet do not start, in older clusters as well",
  find: findInotify,
};

async function findInotify(context: CheckContext): Promise<MachineFinding> {
  const use = await inotifyUse(context);
  if (use === undefined) return ok("not checked: this kernel has no limit");
  const clusters = Math.floor((use.limit - use.used) / (PER_NODE * 2));
  if (clusters < 1) return warning(`${inWords(use)}: no room for a cluster (${NEXT_STEP})`);
  return ok(`${inWords(use)}: room for ${clusters} more cluster${clusters > 1 ? "s" : ""}`);
}

/**
 * Throws PreflightError when a new cluster of `nodes` would lack instances. `others` are nodes that exist or are being
 * created: several clusters created at once have no instances yet, and the last would take those that the first rely
 * on.
 */
export async function mustHaveRoom(machine: Machine, others: number, nodes: number): Promise<void> {
  const use = await inotifyUse(machine);
  if (use === undefined) return;
  const reserved = Math.max(use.used, others * ON_A_NODE);
  if (use.limit - reserved >= nodes * PER_NODE) return;
  const there = `${others} node${others === 1 ? "" : "s"} of other clusters running or being created`;
  throw new PreflightError(`no room for a cluster of ${nodes}: ${inWords(use)}, ${there}`, NEXT_STEP);
}

/** Returns the number of further nodes that have instances now; undefined where the kernel has no limit. */
export async function roomForNodes(machine: Machine): Promise<number | undefined> {
  const use = await inotifyUse(machine);
  return use && Math.max(0, Math.floor((use.limit - use.used) / ON_A_NODE));
}

/** Returns a possible cause of a cluster's failure: that the limit is reached now; else an empty string. */
export async function limitReached(machine: Machine): Promise<string> {
  const use = await inotifyUse(machine);
  return use !== undefined && use.used >= use.limit ? `${inWords(use)}: ${NEXT_STEP}` : "";
}

/** The limit applies to the whole machine, so only its owner raises it. */
const NEXT_STEP = "delete kept clusters (./faultline gc), or raise it: sysctl -w fs.inotify.max_user_instances=512";

function inWords({ used, limit }: InotifyUse): string {
  return `${used} of ${limit} inotify instances in use`;
}

/**
 * Returns the use, or undefined where the kernel has no limit. Without root it sees none of root's instances, and
 * reports none in use.
 */
async function inotifyUse({ exec, readText }: Machine): Promise<InotifyUse | undefined> {
  const limit = Number((await readText(LIMIT)) ?? "");
  if (!(limit > 0)) return undefined;
  // Processes end while find reads them: its exit code means nothing.
  const filter = ["-path", "/proc/[0-9]*/fd/*", "-uid", "0", "-lname", "anon_inode:inotify"];
  const { stdout } = await exec(["find", "/proc", "-maxdepth", "3", ...filter]);
  return { limit, used: stdout.split("\n").filter((line) => line !== "").length };
}
