/**
 * A stand-in for a cloud's load balancer: the roles' echo server, listening in the container `outside` on both ports of
 * lib/model/address.ts. It is on the cluster's own closed network, like all its clients. It starts when a scenario
 * needs it, so clusters made by older versions get one too.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { BALANCER_PORTS } from "../../lib/model/address.ts";
import { familiesOf } from "../../lib/model/cell.ts";
import type { ClusterRecord, PodPlace } from "../../lib/model/cluster.ts";
import { containerExec } from "../../lib/host/container-exec.ts";
import { UndecidedError } from "../../lib/host/errors.ts";
import type { Emit } from "../../lib/events/event-log.ts";
import { mustExec, type Exec } from "../../lib/host/exec.ts";
import { addressesOfContainer } from "./addresses.ts";
import { logUnavailable } from "./unavailable.ts";

export interface BalancerOptions {
  /** The cell's own folder; the server binary is copied through it. */
  readonly dir: string;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  readonly exec: Exec;
}

const NAME = "balancer";
const PORTS = Object.values(BALANCER_PORTS).map(String);
/** In `outside`, outside any tmpfs mount of ours: docker cp cannot write to a tmpfs. */
const SERVER = "/usr/local/bin/faultline-echo";

/**
 * Prints the path of the echo server that containerd has unpacked for the node's pods, by overlayfs (set by our node
 * image) or fuse-overlayfs. Prints nothing for the snapshotter `native`, which has another layout: the balancer is then
 * unavailable. Constant.
 */
const FIND = "ls -d /var/lib/containerd/io.containerd.snapshotter.v1.*/snapshots/*/fs/echo | head -n 1";

/**
 * Returns the record with an answering balancer if one is needed. If the balancer is unavailable, it logs a note and
 * leaves it out of the record, so that only the scenarios that need it are affected. If none is needed the record has
 * none: an earlier run's entry is unverified. Throws when stopped.
 */
export async function withBalancer(
  options: BalancerOptions,
  record: ClusterRecord,
  isNeeded: boolean,
): Promise<ClusterRecord> {
  if (!isNeeded) return withoutBalancer(record);
  const { exec } = options;
  try {
    // The container may have restarted since the run that wrote the record, with another address and no server.
    if (!(await answers(record, exec, 1))) await start(options, record);
    return { ...record, balancer: await placeOf(record, exec) };
  } catch (error) {
    logUnavailable(options, `balancer in ${record.outside}`, error);
    return withoutBalancer(record);
  }
}

/** Returns the record without a balancer: evidence then leaves its ports alone. Pure. */
export function withoutBalancer(record: ClusterRecord): ClusterRecord {
  return { ...record, balancer: undefined };
}

async function start({ dir, signal, exec }: BalancerOptions, record: ClusterRecord): Promise<void> {
  const { containers, outside } = record;
  const { stdout } = await mustExec(containerExec(containers.A, exec), ["sh", "-c", FIND], { signal });
  const path = stdout.trim();
  if (path === "")
    throw new UndecidedError("node A holds no echo server", `see ls /var/lib/containerd in ${containers.A}`);
  const copy = join(dir, "echo");
  try {
    await mustExec(exec, ["docker", "cp", `${containers.A}:${path}`, copy], { signal });
    await mustExec(exec, ["docker", "cp", copy, `${outside}:${SERVER}`], { signal });
  } finally {
    await rm(copy, { force: true });
  }
  const names = ["POD_NAME", "CONTAINER_NAME"].flatMap((name) => ["--env", `${name}=${NAME}`]);
  await mustExec(exec, ["docker", "exec", "--detach", ...names, outside, SERVER, ...PORTS], { signal });
  if (await answers(record, exec, 20)) return;
  throw new UndecidedError(`it does not answer on ports ${PORTS.join(" and ")}`, `docker exec ${outside} ss -ltnp`);
}

/** Returns true when the balancer answers on every port; tries are a second apart. */
async function answers({ outside }: ClusterRecord, exec: Exec, tries: number): Promise<boolean> {
  const urls = PORTS.map((port) => `http://127.0.0.1:${port}/readyz`);
  const retrying = ["--retry", String(tries - 1), "--retry-delay", "1", "--retry-connrefused", "--max-time", "5"];
  const curl = ["curl", "--silent", "--fail", "--fail-early", "--output", "/dev/null", ...retrying];
  const { exitCode } = await containerExec(outside, exec)([...curl, ...urls]);
  return exitCode === 0;
}

/** Returns the balancer as a pod in `outside`: the whole container is its namespace. */
async function placeOf({ cell, name, outside }: ClusterRecord, exec: Exec): Promise<PodPlace> {
  const addresses = await addressesOfContainer(outside, name, exec);
  const [ip = "", secondIp] = familiesOf(cell).map((family) => addresses[family]);
  if (ip === "" || secondIp === "")
    throw new UndecidedError(`${outside} lacks an address of one of the cell's families`, "run again");
  return { name: NAME, ip, ...(secondIp === undefined ? {} : { secondIp }), pid: 1 };
}
