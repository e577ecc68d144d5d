import { VERSIONS } from "../versions/versions.ts";
import type { Check } from "./check.ts";
import { ok, warning } from "./check.ts";
import { compareVersions, parseVersion } from "./version.ts";

/** The oldest version that builds all modules of the node image. */
const OLDEST = parseVersion(VERSIONS.go) ?? [1, 26, 0];

export const go: Check = {
  id: "go",
  what: `Go ${VERSIONS.go} or newer, where no image registry answers`,
  why: "the offline node image is built from Go modules",
  find: async (context) => {
    const path = await context.which("go");
    if (path === undefined) return warning("not found: the node image can be pulled, not built");
    const version = parseVersion((await context.exec([path, "version"], { timeoutMs: 10_000 })).stdout);
    if (version === undefined) return warning(`${path} does not print its version`);
    const detail = version.join(".");
    return compareVersions(version, OLDEST) < 0 ? warning(`${detail}: too old to build the node image`) : ok(detail);
  },
};
