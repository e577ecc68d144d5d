import type { Check } from "./check.ts";
import { ok, warning } from "./check.ts";
import { compareVersions, parseVersion } from "./version.ts";

/** What Kubernetes 1.34's go.mod asks for. */
const OLDEST = [1, 24, 0] as const;

export const go: Check = {
  id: "go",
  what: "Go 1.24 or newer, where no image registry answers",
  why: "the offline node image is built from Go modules",
  find: async (context) => {
    const path = await context.which("go");
    if (path === undefined) return warning("not found: the node image can be pulled, not built");
    const version = parseVersion((await context.exec([path, "version"], { timeoutMs: 10_000 })).stdout);
    if (version === undefined) return warning(`${path} does not tell its version`);
    const detail = version.join(".");
    return compareVersions(version, OLDEST) < 0 ? warning(`${detail}: too old to build the node image`) : ok(detail);
  },
};
