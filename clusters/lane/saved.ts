import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cellId, type Cell } from "../../lib/model/cell.ts";
import { UndecidedError } from "../../lib/host/errors.ts";
import { hostExec, mustExec } from "../../lib/host/exec.ts";
import { waitFor } from "../../lib/host/wait.ts";
import { digestFiles } from "../image/recipe.ts";
import type { LaneParts } from "./build.ts";
import type { Monitor } from "./monitor.ts";
import type { MachineOrder, Shape } from "./qemu.ts";

/** A VM on disk, stopped at the moment its cluster was ready. */
export interface Saved {
  readonly dir: string;
  /** The cluster in it. */
  readonly cluster: string;
}

const CLUSTERS = join(import.meta.dirname, "..");
/** What decides how a cluster is made, beside its node image: a change to any of it needs another VM. A change elsewhere does not, the project is sent to a VM at each start. */
const MAKE_A_CLUSTER = [
  ...[
    "cells.ts",
    "create.ts",
    "emulated.ts",
    "kind-config.ts",
    "kind-create.ts",
    "network.ts",
    "subnets.ts",
    "cni",
    "roles",
  ],
  ...["image/kubeadm.ts", "lane/guest", "lane/make.ts", "../lib/cell.ts", "../lib/cluster.ts"],
];
const SAVED_WITHIN_MS = 180_000;

/** Digests of them. */
export async function clusterFiles() {
  return (await Promise.all(MAKE_A_CLUSTER.map((path) => digestFiles(CLUSTERS, path)))).flat();
}

/** The name of the VM that was saved with exactly these parts; 64 hex digits. `cell` is as the VM sees it. */
export async function savedKey(parts: LaneParts, shape: Shape, cell: Cell): Promise<string> {
  const all = { keys: parts.keys, qemu: parts.qemu.version, shape, cell: cellId(cell), files: await clusterFiles() };
  return createHash("sha256").update(JSON.stringify(all)).digest("hex");
}

/** A saved VM's folder, there or not. */
export function savedDir(laneDir: string, key: string): string {
  return join(laneDir, `saved-${key}`);
}

/** The VM saved there; undefined when there is none. */
export function findSaved(dir: string): Saved | undefined {
  const path = join(dir, "cluster");
  return existsSync(path) ? { dir, cluster: readFileSync(path, "utf8").trim() } : undefined;
}

/** A machine to be saved in `dir`: boots, its memory is a file there, and its disks are layers there above the parts, which stay as they are. */
export async function machineToSave(parts: LaneParts, shape: Shape, dir: string): Promise<MachineOrder> {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const disks = { system: join(dir, "system.qcow2"), docker: join(dir, "docker.qcow2"), throwAway: false };
  for (const name of ["system", "docker"] as const) {
    const above = ["-f", "qcow2", "-F", "raw", "-b", parts.disks[name]];
    await mustExec(hostExec, [parts.qemu.image, "create", "-q", ...above, disks[name]]);
  }
  return { ...parts, ...shape, disks, memory: { file: join(dir, "memory"), shared: true }, incoming: false };
}

/** The machine that goes on from a saved one. Nothing it does is written back: memory and disks are private to it. */
export function machineFrom(saved: Saved, parts: LaneParts, shape: Shape): MachineOrder {
  const { dir } = saved;
  const disks = { system: join(dir, "system.qcow2"), docker: join(dir, "docker.qcow2"), throwAway: true };
  return { ...parts, ...shape, disks, memory: { file: join(dir, "memory"), shared: false }, incoming: true };
}

/**
 * Stops a machine and writes what is not memory or disk to a file beside them. The memory is a file already (x-ignore-shared: QEMU, docs/devel/migration), so neither this nor going
 * on from it copies any; the new machine reads what it needs when it needs it.
 */
export async function save(monitor: Monitor, dir: string): Promise<void> {
  await monitor.execute("stop");
  await ignoreSharedMemory(monitor);
  await monitor.execute("migrate", { uri: `file:${join(dir, "state")}` });
  await untilMigrated(monitor, SAVED_WITHIN_MS);
}

/** Lets an incoming machine go on. */
export async function goOn(monitor: Monitor, dir: string): Promise<void> {
  await ignoreSharedMemory(monitor);
  await monitor.execute("migrate-incoming", { uri: `file:${join(dir, "state")}` });
  await untilMigrated(monitor, SAVED_WITHIN_MS);
  await monitor.execute("cont");
}

/** Gives a saved machine its place, whole or not at all. */
export function keep(halfMade: string, dir: string, cluster: string): Saved {
  writeFileSync(join(halfMade, "cluster"), `${cluster}\n`, { mode: 0o600 });
  rmSync(dir, { recursive: true, force: true });
  renameSync(halfMade, dir);
  return { dir, cluster };
}

async function ignoreSharedMemory(monitor: Monitor): Promise<void> {
  const capabilities = [{ capability: "x-ignore-shared", state: true }];
  await monitor.execute("migrate-set-capabilities", { capabilities });
}

async function untilMigrated(monitor: Monitor, budgetMs: number): Promise<void> {
  const status = await waitFor(
    "QEMU to have moved the VM's state",
    async () => {
      const said = (await monitor.execute("query-migrate")) as { status?: string; "error-desc"?: string };
      if (said.status === "completed") return said;
      if (said.status === "failed") return said;
      throw new Error(said.status ?? "not begun");
    },
    { budgetMs, intervalMs: 100 },
  );
  if (status.status === "failed")
    throw new UndecidedError(
      `the VM's state could not be moved: ${status["error-desc"] ?? "QEMU does not say why"}`,
      "run it again",
    );
}
