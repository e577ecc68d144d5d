/**
 * What stands for a cloud's load balancer: the roles' echo server, listening in the container `outside` on both ports of lib/model/address.ts. It is on the cluster's own closed
 * network, like all that its clients talk to. Started where scenarios ask it, so also in a cluster of before.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { BALANCER_PORTS } from "../../lib/model/address.ts";
import { familiesOf } from "../../lib/model/cell.ts";
import type { ClusterRecord, PodPlace } from "../../lib/model/cluster.ts";
import { containerExec } from "../../lib/host/container-exec.ts";
import { UndecidedError } from "../../lib/host/errors.ts";
import type { Emit } from "../../lib/events/event-log.ts";
import { hostExec, mustExec, type Exec } from "../../lib/host/exec.ts";
import { addressesOfContainer } from "./addresses.ts";
import { tellNotHad } from "./unavailable.ts";

export interface BalancerOrder {
  /** The cell's own folder: the server passes through it. */
  readonly dir: string;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Default: on this machine. */
  readonly exec?: Exec;
}

const NAME = "balancer";
const PORTS = Object.values(BALANCER_PORTS).map(String);
/** In `outside`, where nothing of ours is mounted: docker cp finds no tmpfs. */
const SERVER = "/usr/local/bin/faultline-echo";

/** Prints the path of the echo server as containerd keeps it unpacked for the node's pods: by overlayfs, which our node image sets, or by fuse-overlayfs. Nothing by the snapshotter `native`, whose layout is another: then there is no balancer to be had. Constant. */
const FIND = "ls -d /var/lib/containerd/io.containerd.snapshotter.v1.*/snapshots/*/fs/echo | head -n 1";

/**
 * The cluster with its balancer, where that is needed; it answers by then. One that cannot be had is told in the log and missing in the record, so that only the scenarios that ask it suffer.
 * Where it is not needed the record has none, whatever an earlier run wrote: nobody has looked whether that one still answers, and where. Throws when stopped.
 */
export async function withBalancer(
  order: BalancerOrder,
  record: ClusterRecord,
  isNeeded: boolean,
): Promise<ClusterRecord> {
  if (!isNeeded) return withoutBalancer(record);
  const exec = order.exec ?? hostExec;
  try {
    // The container may have been started anew since the run that wrote the record, with another address and nothing in it.
    if (!(await answers(record, exec, 1))) await start({ ...order, exec }, record);
    return { ...record, balancer: await placeOf(record, exec) };
  } catch (error) {
    tellNotHad(order, `balancer in ${record.outside}`, error);
    return withoutBalancer(record);
  }
}

/** The record for whoever asks no balancer: evidence then leaves its ports alone. Pure. */
export function withoutBalancer(record: ClusterRecord): ClusterRecord {
  return { ...record, balancer: undefined };
}

async function start({ dir, signal, exec }: Required<BalancerOrder>, record: ClusterRecord): Promise<void> {
  const { containers, outside } = record;
  const found = await mustExec(containerExec(containers.A, exec), ["sh", "-c", FIND], { signal });
  const path = found.stdout.trim();
  if (path === "")
    throw new UndecidedError("node A holds no echo server", `see ls /var/lib/containerd in ${containers.A}`);
  const passing = join(dir, "echo");
  try {
    await mustExec(exec, ["docker", "cp", `${containers.A}:${path}`, passing], { signal });
    await mustExec(exec, ["docker", "cp", passing, `${outside}:${SERVER}`], { signal });
  } finally {
    await rm(passing, { force: true });
  }
  const names = ["POD_NAME", "CONTAINER_NAME"].flatMap((name) => ["--env", `${name}=${NAME}`]);
  await mustExec(exec, ["docker", "exec", "--detach", ...names, outside, SERVER, ...PORTS], { signal });
  if (await answers(record, exec, 20)) return;
  throw new UndecidedError(`it does not answer on ports ${PORTS.join(" and ")}`, `docker exec ${outside} ss -ltnp`);
}

/** Whether it is there on every port; asked up to so often, a second apart. */
async function answers({ outside }: ClusterRecord, exec: Exec, tries: number): Promise<boolean> {
  const urls = PORTS.map((port) => `http://127.0.0.1:${port}/readyz`);
  const retrying = ["--retry", String(tries - 1), "--retry-delay", "1", "--retry-connrefused", "--max-time", "5"];
  const curl = ["curl", "--silent", "--fail", "--fail-early", "--output", "/dev/null", ...retrying];
  const { exitCode } = await containerExec(outside, exec)([...curl, ...urls]);
  return exitCode === 0;
}

/** As if it were a pod in `outside`, the whole container being its namespace. */
async function placeOf({ cell, name, outside }: ClusterRecord, exec: Exec): Promise<PodPlace> {
  const addresses = await addressesOfContainer(outside, name, exec);
  const [ip = "", secondIp] = familiesOf(cell).map((family) => addresses[family]);
  if (ip === "" || secondIp === "") throw new UndecidedError(`${outside} lacks an address of the cell's`, "run again");
  return { name: NAME, ip, ...(secondIp === undefined ? {} : { secondIp }), pid: 1 };
}
