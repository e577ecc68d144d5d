/**
 * The check of kind at the pinned version. Its fix builds kind with Go into our cache, or downloads the project's
 * release.
 */
import { createHash } from "node:crypto";
import { chmod, mkdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PreflightError } from "../../lib/host/errors.ts";
import { mustExec } from "../../lib/host/exec.ts";
import { VERSIONS } from "../versions/versions.ts";
import type { Check, CheckContext, MachineFinding } from "./check.ts";
import { fixable, missing, ok, warning } from "./check.ts";
import { compareVersions, parseVersion } from "./version.ts";

export const KIND_VERSION = VERSIONS.kind;
const PINNED = parseVersion(KIND_VERSION) ?? [0, 30, 0];

/** SHA-256 of the release's binaries, as published with them, by `platform-arch` in kind's naming. */
const RELEASE_SHA256: Readonly<Record<string, string>> = {
  "linux-amd64": "517ab7fc89ddeed5fa65abf71530d90648d9638ef0c4cde22c2c11f8097b8889",
  "linux-arm64": "7ea2de9d2d190022ed4a8a4e3ac0636c8a455e460b9a13ccf19f15d07f4f00eb",
  "darwin-amd64": "4f0b6e3b88bdc66d922c08469f05ef507d4903dd236e6319199bb9c868eed274",
  "darwin-arm64": "ceaf40df1d1551c481fb50e3deb5c3deecad5fd599df5469626b70ddf52a1518",
};

export const kind: Check = {
  id: "kind",
  what: `kind ${KIND_VERSION}`,
  why: "it creates the clusters",
  find: findKind,
};

/** Returns the kind that runs use: the one on PATH when it is recent enough, else ours; undefined without either. */
export async function kindPath(
  context: Pick<CheckContext, "exec" | "which" | "cacheDir">,
): Promise<string | undefined> {
  return (await recentKind(context))?.path;
}

async function findKind(context: CheckContext): Promise<MachineFinding> {
  const recent = await recentKind(context);
  if (recent === undefined) return await missingKind(context);
  const newer = compareVersions(recent.version, PINNED) > 0;
  const detail = `${recent.version.join(".")} at ${recent.path}`;
  return newer ? warning(`${detail}: newer than ${KIND_VERSION}, the tested version`) : ok(detail);
}

async function recentKind(context: Pick<CheckContext, "exec" | "which" | "cacheDir">) {
  for (const path of [await context.which("kind"), cachedKind(context)]) {
    if (path === undefined) continue;
    const { exitCode, stdout } = await context.exec([path, "version"], { timeoutMs: 10_000 });
    const version = exitCode === 0 ? parseVersion(stdout) : undefined;
    if (version && compareVersions(version, PINNED) >= 0) return { path, version };
  }
  return undefined;
}

function cachedKind(context: Pick<CheckContext, "cacheDir">): string {
  return join(context.cacheDir, "bin", "kind");
}

async function missingKind(context: CheckContext): Promise<MachineFinding> {
  const bin = dirname(cachedKind(context));
  const module = `sigs.k8s.io/kind@v${KIND_VERSION}`;
  if ((await context.which("go")) !== undefined) {
    return fixable("not found", `GOBIN=${bin} go install ${module}`, async () => {
      context.progress(`building kind ${KIND_VERSION}`);
      const { signal } = context;
      await mustExec(context.exec, ["go", "install", module], {
        env: { GOBIN: bin },
        cwd: "/",
        timeoutMs: 300_000,
        signal,
      });
    });
  }
  const release = releaseOf(context);
  const how = `install kind ${KIND_VERSION}: https://kind.sigs.k8s.io/docs/user/quick-start/#installation`;
  if (release === undefined || (await context.which("curl")) === undefined) return missing("not found", how);
  const command = `curl -fL ${release.url} -o ${cachedKind(context)} && chmod +x ${cachedKind(context)}`;
  return fixable("not found", command, () => download(context, release));
}

interface Release {
  readonly url: string;
  readonly sha256: string;
}

/** Returns the release's binary for this machine; undefined where none is pinned here. */
export function releaseOf(host: Pick<CheckContext, "platform" | "arch">): Release | undefined {
  const name = `${host.platform}-${host.arch === "x64" ? "amd64" : host.arch}`;
  const sha256 = RELEASE_SHA256[name];
  const url = `https://github.com/kubernetes-sigs/kind/releases/download/v${KIND_VERSION}/kind-${name}`;
  return sha256 === undefined ? undefined : { url, sha256 };
}

async function download(context: CheckContext, release: Release): Promise<void> {
  context.progress(`downloading kind ${KIND_VERSION}`);
  const target = cachedKind(context);
  const partial = `${target}.${process.pid}.partial`;
  await mkdir(dirname(target), { recursive: true });
  try {
    const argv = ["curl", "-fsSL", "--retry", "2", "--max-time", "240", release.url, "-o", partial];
    await mustExec(context.exec, argv, { timeoutMs: 300_000, signal: context.signal });
    await expectSha256(partial, release);
    await chmod(partial, 0o755);
    await rename(partial, target);
  } finally {
    await rm(partial, { force: true });
  }
}

/** Throws PreflightError when the file is not the pinned release. */
export async function expectSha256(path: string, release: Release): Promise<void> {
  const sha256 = createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
  if (sha256 === release.sha256) return;
  throw new PreflightError(
    `${release.url} gave a file with SHA-256 ${sha256}, not the pinned ${release.sha256}`,
    `install kind ${KIND_VERSION} by hand`,
  );
}
