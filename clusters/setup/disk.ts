import type { Check, CheckContext, MachineFinding } from "./check.ts";
import { missing, ok } from "./check.ts";
import { probeEngine } from "./engine-probe.ts";
import { GIB, inGib } from "./size.ts";

const LEAST_BYTES = 8 * GIB;

export const disk: Check = {
  id: "disk",
  what: `${inGib(LEAST_BYTES)} of free disk for Docker's data and for our cache`,
  why: "they hold the node image, its build and the nodes' writable layers",
  find: findDisk,
};

async function findDisk(context: CheckContext): Promise<MachineFinding> {
  const engine = await probeEngine(context);
  const data = engine.state === "running" && engine.rootDir !== "" ? engine.rootDir : "/var/lib/docker";
  const folders = await Promise.all(
    [data, context.cacheDir].map(async (path) => ({ path, bytes: await context.freeBytes(path) })),
  );
  const detail = folders.map(({ path, bytes }) => `${inGib(bytes)} at ${path}`).join(", ");
  if (folders.every(({ bytes }) => bytes >= LEAST_BYTES)) return ok(detail);
  return missing(detail, "free some: docker system df shows Docker's use, docker system prune removes unused data");
}
