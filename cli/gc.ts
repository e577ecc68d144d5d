import { deleteCluster } from "../clusters/delete.ts";
import { plannedNodeImage } from "../clusters/image/node-image.ts";
import { leases } from "../clusters/lease.ts";
import { kindPath } from "../clusters/setup/kind.ts";
import { clusterNetworks, ownerLives } from "../clusters/setup/ownership.ts";
import { EXIT, PreflightError } from "../lib/errors.ts";
import { hostExec } from "../lib/exec.ts";
import { machine } from "./prepare.ts";
import { RUNS } from "./run-dir.ts";

/**
 * Deletes this checkout's clusters that nobody living made or uses; with `all` those of other checkouts too, and node images that no recipe of this one makes. What is
 * in use, or not ours, is never touched. Resolves to 2 when one could not be deleted. Throws
 * PreflightError when Docker does not answer.
 */
export async function gc(options: { readonly dryRun: boolean; readonly all: boolean }): Promise<number> {
  const { dryRun, all } = options;
  const context = machine();
  const asked = await hostExec(["docker", "version", "--format", "{{.Server.Version}}"]);
  if (asked.exitCode !== 0) throw new PreflightError(`Docker does not answer: ${asked.stderr.trim()}`);
  const kind = (await kindPath(context)) ?? "kind";
  const inUse = leases(context.cacheDir, context.readText);
  let failed = 0;
  for (const { cluster, owner, runDir } of await clusterNetworks(hostExec)) {
    if (!all && !runDir.startsWith(RUNS)) {
      process.stdout.write(`${cluster}: made by another checkout, left alone (--all takes it too)\n`);
      continue;
    }
    if ((await ownerLives(context.readText, owner)) || (await inUse.isTaken(cluster))) {
      process.stdout.write(`${cluster}: in use, left alone\n`);
      continue;
    }
    process.stdout.write(`${cluster}: ${dryRun ? "would be deleted" : "deleting"}\n`);
    if (!dryRun && !(await deleted(kind, cluster))) failed += 1;
  }
  for (const image of all ? await supersededImages() : []) {
    process.stdout.write(`${image}: ${dryRun ? "would be removed" : "removing"}\n`);
    // One that a cluster still uses is refused by Docker, and goes with the next gc.
    if (!dryRun) await hostExec(["docker", "image", "rm", image]);
  }
  return failed > 0 ? EXIT.undecided : EXIT.ok;
}

/** Node images of ours that no present recipe makes; about 1 GB each. */
async function supersededImages(): Promise<readonly string[]> {
  const current = await Promise.all([plannedNodeImage("offline"), plannedNodeImage("registry")]);
  const tags = current.map(({ image }) => image.tag);
  const [name = ""] = (tags[0] ?? "").split(":");
  const { stdout } = await hostExec(["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", name]);
  return stdout.split("\n").filter((image) => image !== "" && !tags.includes(image));
}

async function deleted(kind: string, cluster: string): Promise<boolean> {
  try {
    await deleteCluster(kind, cluster);
    return true;
  } catch (error) {
    process.stderr.write(`${cluster}: not deleted: ${(error as Error).message}\n`);
    return false;
  }
}
