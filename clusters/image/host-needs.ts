import { PreflightError } from "../../lib/host/errors.ts";
import { lastLines, type Exec } from "../../lib/host/exec.ts";
import { aptSourceFiles, debianMirror } from "./mirror.ts";
import { VERSIONS } from "../versions/versions.ts";

/** What the offline build calls, and the Debian packages that have it. */
const TOOLS: Readonly<Record<string, readonly string[]>> = {
  debootstrap: ["debootstrap"],
  jq: ["jq"],
  gcc: ["gcc", "libc6-dev"],
  unshare: ["util-linux"],
};

/** The packages for the tools that `have` lacks. Pure. */
export function missingPackages(have: ReadonlySet<string>): readonly string[] {
  return Object.entries(TOOLS).flatMap(([tool, packages]) => (have.has(tool) ? [] : packages));
}

/** Whether a Go version ("go1.26.8") builds the modules. Pure. */
export function goIsNewEnough(goVersion: string, floor: string = VERSIONS.go): boolean {
  const parts = (text: string) => (text.match(/\d+/g) ?? []).map(Number);
  const [has, wanted] = [parts(goVersion), parts(floor)];
  const differs = wanted.findIndex((part, index) => part !== (has[index] ?? 0));
  return differs === -1 || (has[differs] ?? 0) > (wanted[differs] ?? 0);
}

/**
 * Makes sure that this machine can build the image offline, installing small tools with apt; gives the Debian mirror to
 * use. Throws PreflightError saying what is missing.
 */
export async function prepareHost(exec: Exec): Promise<{ readonly mirror: string }> {
  await needGo(exec);
  return await debianHost(exec);
}

/**
 * The same for what is only made of Debian packages. FAULTLINE_DEBIAN_MIRROR goes before what apt is configured with.
 * Throws PreflightError saying what is missing.
 */
export async function debianHost(exec: Exec): Promise<{ readonly mirror: string }> {
  if (process.getuid?.() !== 0) {
    throw new PreflightError(
      "node image: building it offline needs root (debootstrap, chroot)",
      "run it again as root",
    );
  }
  await needTools(exec);
  const named = process.env["FAULTLINE_DEBIAN_MIRROR"];
  const mirror = named === undefined ? debianMirror(await aptSourceFiles(), VERSIONS.debian) : namedMirror(named);
  if (mirror !== undefined) return { mirror };
  throw new PreflightError(
    `node image: no Debian mirror in /etc/apt/sources.list or sources.list.d`,
    `set FAULTLINE_DEBIAN_MIRROR to the address of one that has ${VERSIONS.debian}`,
  );
}

/** The mirror that a person named. Throws PreflightError when debootstrap could take it for anything but an address. */
export function namedMirror(address: string): string {
  if (/^(https?|file):\/[!-~]*$/.test(address)) return address;
  throw new PreflightError(
    `node image: FAULTLINE_DEBIAN_MIRROR is ${JSON.stringify(address)}, which is no http, https or file address`,
    "set it to the address of a Debian mirror, or leave it out",
  );
}

async function needGo(exec: Exec): Promise<void> {
  const { exitCode, stdout } = await exec(["go", "env", "GOVERSION"]);
  if (exitCode === 0 && goIsNewEnough(stdout.trim())) return;
  const found = exitCode === 0 ? `${stdout.trim()} is too old` : "it is not on PATH";
  throw new PreflightError(
    `node image: building it offline needs Go ${VERSIONS.go} or newer; ${found}`,
    "install Go (go.dev/doc/install) and put it on PATH, or run where an image registry answers",
  );
}

async function needTools(exec: Exec): Promise<void> {
  const checks = Object.keys(TOOLS).map(async (tool) => {
    const { exitCode } = await exec(["/bin/sh", "-c", 'command -v "$1"', "-", tool]);
    return exitCode === 0 ? [tool] : [];
  });
  const packages = missingPackages(new Set((await Promise.all(checks)).flat()));
  if (packages.length === 0) return;
  // A new machine has no package lists; a failed update is told by the install that follows.
  await exec(["apt-get", "update"], { timeoutMs: 180_000 });
  const wait = ["-o", "DPkg::Lock::Timeout=120"];
  const install = ["apt-get", ...wait, "install", "--yes", "--no-install-recommends", ...packages];
  const result = await exec(install, { timeoutMs: 300_000, env: { DEBIAN_FRONTEND: "noninteractive" } });
  if (result.exitCode === 0) return;
  throw new PreflightError(
    `node image: ${packages.join(", ")} could not be installed:\n${lastLines(result.stderr, 5)}`,
    `install them by hand: apt-get update && ${install.join(" ")}`,
  );
}
