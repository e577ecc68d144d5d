/**
 * Installs the runtime wrapper (clusters/image/runtime/bounded-runc) for Docker on hosts that withhold capabilities.
 */
import { fileURLToPath } from "node:url";
import { mustExec } from "../../lib/host/exec.ts";
import { asRoot } from "./as-root.ts";
import type { Check, CheckContext, MachineFinding } from "./check.ts";
import { fixable, missing, ok } from "./check.ts";
import { missingPackages } from "./distribution.ts";
import { lackingCapabilities, probeEngine } from "./engine-probe.ts";

/** The wrapper's name in dockerd. */
export const BOUNDED_RUNTIME = "bounded";
/** Its path on the host: outside the repository, since the engine outlives a checkout. */
export const BOUNDED_RUNTIME_PATH = "/usr/local/bin/faultline-bounded-runc";

const SOURCE = fileURLToPath(new URL("../image/runtime/bounded-runc", import.meta.url));

export const boundedRuntime: Check = {
  id: "bounded-runtime",
  what: "a container runtime that asks for no more capabilities than the host has",
  why: "kind's nodes are privileged containers, and runc fails for each capability it cannot give",
  find: findBoundedRuntime,
};

async function findBoundedRuntime(context: CheckContext): Promise<MachineFinding> {
  const lacking = await lackingCapabilities(context, await probeEngine(context));
  if (lacking.length === 0) return ok("not needed: nothing is withheld from the engine's containers");
  const because = `this host withholds ${lacking.join(", ")}`;
  const wanted = await context.readText(SOURCE);
  if (wanted === undefined) return missing(`${because}, and ${SOURCE} cannot be read`, "restore the checkout");

  const packages = await absentTools(context);
  const install = (): Promise<void> => installWrapper(context);
  if (packages.length > 0) {
    return await missingPackages(context, `${because}; not found: ${packages.join(", ")}`, packages, install);
  }
  const present = await context.readText(BOUNDED_RUNTIME_PATH);
  if (present === wanted) return ok(`installed, because ${because}`);
  const detail = `${because}; ${BOUNDED_RUNTIME_PATH} is ${present === undefined ? "missing" : "outdated"}`;
  return fixable(detail, asRoot(context, installArgv()).join(" "), install);
}

/** Returns the packages whose command of the same name the wrapper needs and the host lacks. */
async function absentTools(context: CheckContext): Promise<string[]> {
  const tools = await Promise.all(["jq", "runc"].map(async (name) => ({ name, path: await context.which(name) })));
  return tools.filter(({ path }) => path === undefined).map(({ name }) => name);
}

function installArgv(path = BOUNDED_RUNTIME_PATH): string[] {
  return ["install", "-m", "0755", SOURCE, path];
}

async function installWrapper(context: CheckContext): Promise<void> {
  context.progress(`installing ${BOUNDED_RUNTIME_PATH}`);
  // A container that starts at this moment finds the old or the new wrapper, never none.
  const beside = `${BOUNDED_RUNTIME_PATH}.new`;
  await mustExec(context.exec, asRoot(context, installArgv(beside)));
  await mustExec(context.exec, asRoot(context, ["mv", "-f", beside, BOUNDED_RUNTIME_PATH]));
}
