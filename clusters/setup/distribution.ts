/**
 * Installs packages from the machine's own distribution: Debian and its derivatives only. Elsewhere a person has to.
 */
import { mustExec } from "../../lib/host/exec.ts";
import { asRoot } from "./as-root.ts";
import type { CheckContext, MachineFinding } from "./check.ts";
import { fixable, missing } from "./check.ts";

// needrestart comes with docker.io on Debian 12 and must not restart the machine's services. RUNLEVEL=1 keeps
// invoke-rc.d(8) from starting installed services without systemd: we start the engine, with its runtime.
const QUIET = ["env", "DEBIAN_FRONTEND=noninteractive", "NEEDRESTART_SUSPEND=1", "RUNLEVEL=1"];

/** Returns true for the /etc/os-release of Debian or a derivative (os-release(5)). */
export function isDebianLike(osRelease: string): boolean {
  const words = [...osRelease.matchAll(/^ID(?:_LIKE)?=["']?([^"'\n]*)["']?$/gm)].flatMap(([, value]) =>
    value?.split(" "),
  );
  return words.includes("debian");
}

/** Returns a finding of missing packages with the command to install them; `then` runs after the installation. */
export async function missingPackages(
  context: CheckContext,
  detail: string,
  packages: readonly string[],
  then: () => Promise<void> = () => Promise.resolve(),
): Promise<MachineFinding> {
  const debian = isDebianLike((await context.readText("/etc/os-release")) ?? "");
  if (!debian || (await context.which("apt-get")) === undefined) {
    return missing(detail, `install ${packages.join(", ")} with this system's package manager`);
  }
  const how = `apt-get update && apt-get install -y ${packages.join(" ")}`;
  return fixable(detail, context.uid === 0 ? how : `sudo sh -c '${how}'`, async () => {
    await installPackages(context, packages);
    await then();
  });
}

async function installPackages(context: CheckContext, packages: readonly string[]): Promise<void> {
  const { exec, signal, progress } = context;
  const aptGet = (...args: string[]) =>
    asRoot(context, [...QUIET, "apt-get", "-o", "DPkg::Lock::Timeout=120", ...args]);
  progress("updating the package lists");
  await mustExec(exec, aptGet("update"), { timeoutMs: 180_000, signal });
  progress(`downloading ${packages.join(", ")}`);
  await mustExec(exec, aptGet("install", "-y", "--download-only", ...packages), { timeoutMs: 600_000, signal });
  progress(`installing ${packages.join(", ")}`);
  // Without the signal: an interrupted dpkg leaves packages that need repair by hand.
  await mustExec(exec, aptGet("install", "-y", ...packages), { timeoutMs: 600_000 });
}
