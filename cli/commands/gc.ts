import { join } from "node:path";
import { deleteCluster } from "../../clusters/create/delete.ts";
import { knownCells, nodePartsOf } from "../../clusters/cells/cells.ts";
import { NODE_IMAGES, presentImageTags } from "../../clusters/image/node-image.ts";
import { laneDir } from "../../clusters/lane/build.ts";
import { endKept, keptVms } from "../../clusters/lane/kept.ts";
import { endProcess, leftInLane } from "../../clusters/lane/prune.ts";
import { leases, type Leases } from "../../clusters/ownership/lease.ts";
import { clusterName } from "../../clusters/create/network.ts";
import {
  fateOf,
  findParts,
  remainsOf,
  type Fate,
  type KnownRun,
  type Remains,
} from "../../clusters/ownership/remains.ts";
import { ownerState, ownMark } from "../../clusters/ownership/owner.ts";
import { EXIT, PreflightError } from "../../lib/host/errors.ts";
import type { Exec } from "../../lib/host/exec.ts";
import { machine } from "../host/prepare.ts";
import { listRuns, readHeader, RUNS } from "../store/run-dir.ts";

export interface GcOptions {
  /** Only these; none named: every one. */
  readonly clusters: readonly string[];
  readonly dryRun: boolean;
  readonly all: boolean;
}

/**
 * Deletes this checkout's clusters whose maker and user have ended: kept ones too, and the parts that a killed run was
 * still making. `all` adds clusters of other checkouts, clusters whose owner cannot be seen from here, and node images
 * that no recipe of this checkout makes. Clusters in use, and things that are not Faultline's, stay. Resolves to 2 when
 * one could not be deleted. Throws PreflightError when Docker does not answer.
 */
export async function gc({ clusters, dryRun, all }: GcOptions): Promise<number> {
  const { cacheDir, exec, readText } = machine();
  const asked = await exec(["docker", "version", "--format", "{{.Server.Version}}"]);
  if (asked.exitCode !== 0) throw new PreflightError(`Docker does not answer: ${asked.stderr.trim()}`);
  const inUse = leases(cacheDir, readText);
  const every = remainsOf(await findParts(exec, await inUse.all()), runsHere());
  const chosen = every.filter(({ cluster }) => clusters.length === 0 || clusters.includes(cluster));
  for (const name of clusters) {
    if (!chosen.some(({ cluster }) => cluster === name)) print(`${name}: nothing is left of it`);
  }
  let failed = 0;
  for (const remains of chosen) {
    const states = await Promise.all(remains.owners.map((owner) => ownerState(readText, owner)));
    const fate = fateOf(remains, states, { runs: RUNS, all });
    print(`${remains.cluster}: ${describe(remains)}: ${WORDS[fate][dryRun ? "dry" : "real"]}`);
    if (fate === "delete" && !dryRun && !(await deleted(remains, inUse))) failed += 1;
  }
  if (clusters.length === 0) await removeLeftVms(cacheDir, dryRun);
  if (clusters.length === 0 && all) await removeSupersededImages(exec, dryRun);
  return failed > 0 ? EXIT.undecided : EXIT.ok;
}

const same = (words: string) => ({ dry: words, real: words });
const WORDS: Readonly<Record<Fate, { readonly dry: string; readonly real: string }>> = {
  delete: { dry: "would be deleted", real: "deleting" },
  "in use": same("in use, left alone"),
  unseen: same("its owner is in another container and cannot be seen from here, left alone (--all takes it for dead)"),
  "another checkout": same("made by another checkout, left alone (--all takes it too)"),
};

/** The clusters that the runs of this checkout can have made, and who carried the runs out. */
function runsHere(): readonly KnownRun[] {
  return listRuns().flatMap((runId) => {
    const runDir = join(RUNS, runId);
    try {
      const { cells, owner } = readHeader(runDir);
      return cells.map((_, index) => ({ cluster: clusterName(runId, index), owner, runDir }));
    } catch {
      // A damaged run.json: the labels have to do.
      return [];
    }
  });
}

/** What there is of it and how old that is, in a few words. */
export function describe({ parts, madeAtMs }: Remains, nowMs = Date.now()): string {
  const { nodes, outside, networks, rules } = parts;
  const counts = [
    [nodes, nodes === 1 ? "1 node" : `${nodes} nodes`],
    [outside, "outside"],
    [networks, "network"],
    [rules, "closing rule"],
  ] as const;
  const words = counts.filter(([count]) => count > 0).map(([, what]) => what);
  const there = words.join(", ") || "a lease";
  return madeAtMs === null ? there : `made ${age(nowMs - madeAtMs)} ago, ${there}`;
}

/** In the unit that says enough: "50 s", "12 min", "30 h", "4 days". */
function age(ms: number): string {
  const units = [
    ["s", 1000, 120],
    ["min", 60_000, 120],
    ["h", 3_600_000, 48],
  ] as const;
  const [unit, length] = units.find(([, each, most]) => ms < each * most) ?? ["days", 86_400_000];
  return `${Math.max(0, Math.floor(ms / length))} ${unit}`;
}

/** Deletes a cluster while it holds its lease, so that no run begins to use it meanwhile. */
async function deleted({ cluster, runDirs }: Remains, inUse: Leases): Promise<boolean> {
  const { exec, readText } = machine();
  try {
    const lease = (await inUse.all()).find((one) => one.cluster === cluster);
    if (lease && (await ownerState(readText, lease.owner)) === "unseen") inUse.drop(cluster);
    await inUse.take(cluster, await ownMark(readText), runDirs[0] ?? "");
    await deleteCluster(cluster, { exec });
    inUse.release(cluster);
    return true;
  } catch (error) {
    process.stderr.write(`${cluster}: not deleted: ${(error as Error).message}\n`);
    return false;
  }
}

/**
 * Removes the files of VMs that died with a killed run, and ends kept VMs, whose processes stand still.
 */
async function removeLeftVms(cacheDir: string, dryRun: boolean): Promise<void> {
  for (const dir of await leftInLane(laneDir(cacheDir))) {
    print(`${dir}: a virtual machine that a killed run left: ${dryRun ? "would be removed" : "removing"}`);
    if (!dryRun) await endProcess(dir);
  }
  for (const { dir, cell } of keptVms(laneDir(cacheDir))) {
    const ends = dryRun || (await endKept(dir));
    const end = ends ? "ended" : "in use, or not to be seen from here, left alone";
    print(`kept virtual machine of ${cell}: ${dryRun ? "would be ended" : end}`);
  }
}

async function removeSupersededImages(exec: Exec, dryRun: boolean): Promise<void> {
  for (const image of await supersededImages(exec)) {
    print(`${image}: ${dryRun ? "would be removed" : "removing"}`);
    // One that a cluster still uses is refused by Docker, and goes with the next gc.
    if (!dryRun) await exec(["docker", "image", "rm", image]);
  }
}

/** Node images of ours that no present recipe makes; about 1 GB each. */
async function supersededImages(exec: Exec): Promise<readonly string[]> {
  const tags = await presentImageTags(knownCells().map(nodePartsOf));
  const { stdout } = await exec(["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", NODE_IMAGES]);
  return stdout.split("\n").filter((image) => image !== "" && !tags.includes(image));
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
