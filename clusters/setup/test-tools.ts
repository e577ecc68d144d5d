import type { Check } from "./check.ts";
import { ok } from "./check.ts";
import { missingPackages } from "./distribution.ts";

/**
 * The host tools of the project's own tests, with their Debian packages. A run needs none of them: its probes use the
 * nodes' tools.
 */
const TOOLS: Readonly<Record<string, string>> = {
  conntrack: "conntrack",
  curl: "curl",
  dig: "bind9-dnsutils",
  ethtool: "ethtool",
  ip: "iproute2",
  jq: "jq",
  nft: "nftables",
  perl: "perl-base",
  pgrep: "procps",
  ping: "iputils-ping",
  setpriv: "util-linux",
  shellcheck: "shellcheck",
  sysctl: "procps",
  tcpdump: "tcpdump",
  unshare: "util-linux",
};

/** Not one of CHECKS: only `./faultline test` uses it. */
export const testTools: Check = {
  id: "test-tools",
  what: "curl, dig, ping, tcpdump, conntrack, ethtool, nft, ip, jq, perl, procps, shellcheck, util-linux on the host",
  why: "the static checks and the integration tests use them",
  find: async (context) => {
    const tools = await Promise.all(Object.keys(TOOLS).map(async (tool) => [tool, await context.which(tool)] as const));
    const absent = tools.filter(([, path]) => path === undefined).map(([tool]) => tool);
    if (absent.length === 0) return ok(Object.keys(TOOLS).join(", "));
    const packages = [...new Set(absent.map((tool) => TOOLS[tool] ?? tool))];
    return await missingPackages(context, `not found: ${absent.join(", ")}`, packages);
  },
};
