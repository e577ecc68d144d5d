import { clusterNetworks, ownerLives } from "../clusters/setup/ownership.ts";
import { kindPath } from "../clusters/setup/kind.ts";
import { deleteCluster } from "../clusters/delete.ts";
import { EXIT } from "../lib/errors.ts";
import { hostExec } from "../lib/exec.ts";
import { machine } from "./prepare.ts";

/** Deletes our clusters whose owner is dead; a cluster in use, or not ours, is never touched. Resolves to 2 when one could not be deleted. */
export async function gc(dryRun: boolean): Promise<number> {
  const context = machine();
  const kind = (await kindPath(context)) ?? "kind";
  let failed = 0;
  for (const { cluster, owner } of await clusterNetworks(hostExec)) {
    if (await ownerLives(context.readText, owner)) {
      process.stdout.write(`${cluster}: in use, left alone\n`);
      continue;
    }
    process.stdout.write(`${cluster}: ${dryRun ? "would be deleted" : "deleting"}\n`);
    if (dryRun) continue;
    try {
      await deleteCluster(kind, cluster);
    } catch (error) {
      failed += 1;
      process.stderr.write(`${cluster}: not deleted: ${(error as Error).message}\n`);
    }
  }
  return failed > 0 ? EXIT.undecided : EXIT.ok;
}
