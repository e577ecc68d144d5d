import { PreflightError } from "../../lib/host/errors.ts";
import type { Check, CheckContext, HostFinding } from "./check.ts";
import { ok, warning } from "./check.ts";

/**
 * Root's, counted on each node of a cluster: kubelet 7, systemd 3, containerd and kube-proxy one each. API server (6) and controller manager (7) have users of
 * their own (image/kubeadm.ts), and the limit is each user's. Where kubeadm has no such users any more, and on clusters of older checkouts, it is up to 41
 * in a cluster of two.
 */
const ON_A_NODE = 12;
/** What is counted as in use is a little too much (processes that have forked show them twice), so refused is only what cannot get up. */
const PER_NODE = 10.5;
const LIMIT = "/proc/sys/fs/inotify/max_user_instances";

type Machine = Pick<CheckContext, "exec" | "readText">;

/** The limit is each user's, and all nodes run as root: a resource that clusters have in common. */
export interface InotifyUse {
  readonly used: number;
  readonly limit: number;
}

/** Only a warning: a run on a kept cluster needs no more than it has. Who makes one calls mustHaveRoom. */
export const inotify: Check = {
  id: "inotify",
  what: `${PER_NODE * 2} inotify instances for each cluster of two nodes`,
  why: "where the limit is reached, systemd and kubelet do not start, in older clusters as well",
  find: findInotify,
};

async function findInotify(context: CheckContext): Promise<HostFinding> {
  const use = await inotifyUse(context);
  if (use === undefined) return ok("not looked at: no limit here");
  const clusters = Math.floor((use.limit - use.used) / (PER_NODE * 2));
  if (clusters < 1) return warning(`${inWords(use)}: no room for a cluster (${NEXT_STEP})`);
  return ok(`${inWords(use)}: room for ${clusters} more cluster${clusters > 1 ? "s" : ""}`);
}

/**
 * Throws PreflightError when a new cluster of `nodes` would find no instances. `others` are nodes that are there or in the making: of some that are begun at the same moment
 * none has its instances yet, and the last would take what the first have counted on.
 */
export async function mustHaveRoom(machine: Machine, others: number, nodes: number): Promise<void> {
  const use = await inotifyUse(machine);
  if (use === undefined) return;
  const promised = Math.max(use.used, others * ON_A_NODE);
  if (use.limit - promised >= nodes * PER_NODE) return;
  const there = `${others} node${others === 1 ? "" : "s"} of others there or in the making`;
  throw new PreflightError(`no room for a cluster of ${nodes}: ${inWords(use)}, ${there}`, NEXT_STEP);
}

/** For how many more nodes there are instances just now; undefined where the kernel tells no limit. */
export async function roomForNodes(machine: Machine): Promise<number | undefined> {
  const use = await inotifyUse(machine);
  return use && Math.max(0, Math.floor((use.limit - use.used) / ON_A_NODE));
}

/** What may have made a cluster fail, for whoever tells of it: that the limit is reached now; else nothing. */
export async function whetherReached(machine: Machine): Promise<string> {
  const use = await inotifyUse(machine);
  return use !== undefined && use.used >= use.limit ? `${inWords(use)}: ${NEXT_STEP}` : "";
}

/** The limit is the whole machine's, so raising it is for its owner. */
const NEXT_STEP =
  "delete clusters that were kept (./faultline gc), or raise it: sysctl -w fs.inotify.max_user_instances=512";

function inWords({ used, limit }: InotifyUse): string {
  return `${used} of ${limit} inotify instances in use`;
}

/** Undefined where the kernel tells no limit. Who is not root sees none of root's instances, and is not kept from trying. */
async function inotifyUse({ exec, readText }: Machine): Promise<InotifyUse | undefined> {
  const limit = Number((await readText(LIMIT)) ?? "");
  if (!(limit > 0)) return undefined;
  // Processes end while find looks at them: its exit code means nothing.
  const filter = ["-path", "/proc/[0-9]*/fd/*", "-uid", "0", "-lname", "anon_inode:inotify"];
  const { stdout } = await exec(["find", "/proc", "-maxdepth", "3", ...filter]);
  return { limit, used: stdout.split("\n").filter((line) => line !== "").length };
}
