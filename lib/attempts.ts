import { addressOf, netnsPidOf, podOf, ROLE_PORTS, SERVER_NAME } from "./address.ts";
import type { Whereabouts } from "./cluster.ts";
import { parsePath, type Path } from "./path.ts";
import type { Attempt, CurlAttempt, DigAttempt, PingAttempt } from "./probes/probe.ts";

/**
 * Budgets of one attempt. ARP failure shows as host-unreachable after about 3 s (3 probes, 1 s apart: mcast_solicit and retrans_time_ms of the
 * kernel's neighbour tables), so a connect time-out near 3 s would race with it: 4.5 s is beyond it.
 */
export const BUDGETS = {
  connectTimeoutMs: 4500,
  totalTimeoutMs: 6000,
  dnsTimeoutMs: 2000,
  pingIntervalMs: 200,
} as const;

/** Lookups of a share-claim get source ports of their own from here on, so that conntrack tells which replica each one met. */
const FIRST_LOOKUP_PORT = 20_000;

/** The attempts of one path: `flows` fresh flows, resolved to addresses. Throws when a role is not there just now. */
export function attemptsFor(where: Whereabouts, pathText: string, flows: number): readonly Attempt[] {
  const path = parsePath(pathText);
  return Array.from({ length: flows }, (_, flow) => attemptFor(where, path, pathText, flow));
}

function attemptFor(where: Whereabouts, path: Path, text: string, flow: number): Attempt {
  const base = { id: `${text}#${flow}`, path: text, netnsPid: netnsPidOf(where, path.from) };
  switch (path.tool) {
    case "curl":
      return { ...base, ...curl(where, path) };
    case "dig":
      return { ...base, ...dig(where, path, flow) };
    case "ping":
      return { ...base, ...ping(where, path) };
  }
}

type Without<T> = Omit<T, "id" | "path" | "netnsPid">;

function curl(where: Whereabouts, path: Path): Without<CurlAttempt> {
  const host = addressOf(where, path.to, path.way);
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${portOf(where, path)}/`;
  const byName = path.way === "Service name" ? { resolvConfPid: netnsPidOf(where, path.from) } : {};
  const expectServer = { server: podOf(where, path.to).name, container: path.to };
  const { connectTimeoutMs, totalTimeoutMs } = BUDGETS;
  return { tool: "curl", url, ...byName, connectTimeoutMs, totalTimeoutMs, expectServer };
}

function portOf(where: Whereabouts, path: Path): number {
  if (path.way === "NodePort") return where.cluster.nodePort;
  if (path.way === "ClusterIP" || path.way === "Service name") return ROLE_PORTS.servicePort;
  return path.to === "sidecar" ? ROLE_PORTS.sidecar : ROLE_PORTS.server;
}

function dig(where: Whereabouts, path: Path, flow: number): Without<DigAttempt> {
  return {
    tool: "dig",
    server: addressOf(where, path.to, path.way),
    name: SERVER_NAME,
    type: "A",
    transport: "udp",
    sourcePort: FIRST_LOOKUP_PORT + Math.floor(Math.random() * 30_000) + flow,
    timeoutMs: BUDGETS.dnsTimeoutMs,
    expectAnswer: where.cluster.serviceIps.server,
  };
}

function ping(where: Whereabouts, path: Path): Without<PingAttempt> {
  const address = addressOf(where, path.to, path.way);
  return { tool: "ping", address, count: 3, intervalMs: BUDGETS.pingIntervalMs, timeoutMs: 2000 };
}
