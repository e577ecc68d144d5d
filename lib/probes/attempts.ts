import { addressOf, BALANCER_PORTS, netnsPidOf, podOf, ROLE_PORTS, SERVER_NAME } from "../model/address.ts";
import { familiesOf } from "../model/cell.ts";
import { monotonicMs } from "../host/clock.ts";
import type { Whereabouts } from "../model/cluster.ts";
import { parsePath, type Path } from "../model/path.ts";
import type { Attempt, CurlAttempt, DigAttempt, PingAttempt } from "./probe.ts";

/**
 * Budgets of one attempt. ARP failure shows as host-unreachable after about 3 s (3 probes, 1 s apart: mcast_solicit and
 * retrans_time_ms of the kernel's neighbour tables). A connect timeout near 3 s would race with it, so it is 4.5 s.
 */
export const BUDGETS = {
  connectTimeoutMs: 4500,
  /** For a path that is expected to be host-unreachable; see FlowPlan. */
  patientConnectTimeoutMs: 10_800,
  /** Added to the connect budget: a connection that is silent for this long is a stall. */
  answerMs: 1500,
  dnsTimeoutMs: 2000,
  pingIntervalMs: 50,
  /** The kernel answers pings, so they are quick even on a busy machine. */
  pingTimeoutMs: 1000,
} as const;

/** How many flows a path gets, and how long they wait. */
export interface FlowPlan {
  readonly flows: number;
  /**
   * Waits for the third ARP failure. Since Linux 6.5 a SYN is retransmitted at 3 s (tcp_syn_linear_timeouts), just
   * when ARP gives up. The kernel's loop that reports the failure to the waiting flows (neigh_invalidate in
   * net/core/neighbour.c) stops if a new packet starts the next resolution, and drops the rest of the queue silently.
   * Those flows get the error from the second failure at about 6.2 s. If the SYN of 7 s interferes again, they get it
   * from the third at about 10.2 s; the next SYN follows only at 11 s. Measured: 2 of 9 flows got the error at 3.1 s,
   * the other 7 were silent at 4.5 s; about one in 50 was silent at 7.5 s.
   */
  readonly patient?: boolean;
}

/**
 * Source ports of flows. Each flow has its own, so that captures, conntrack and the kernel's socket table identify
 * it; two concurrent lookups from one port would get each other's replies (dig 9.18 shares it). The range is below
 * NodePorts and the kernel's own range (ip_local_port_range begins at 32768).
 */
const PORTS = { first: 10_000, count: 20_000, perSecond: 40 } as const;
let lastFlow = 0;

/**
 * Returns the next source port. The start depends on the machine's uptime, so that a later process does not get ports
 * that an earlier one left in TIME_WAIT (60 s, TCP_TIMEWAIT_LEN in include/net/tcp.h). A process takes fewer than 40
 * ports a second, and the range lasts 500 s.
 */
function nextPort(): number {
  lastFlow = Math.max(lastFlow + 1, Math.floor((monotonicMs() * PORTS.perSecond) / 1000));
  return PORTS.first + (lastFlow % PORTS.count);
}

/** Returns the attempts of one path: new flows with their addresses. Throws Error if a pod of the path does not run. */
export function attemptsFor(where: Whereabouts, pathText: string, plan: FlowPlan): readonly Attempt[] {
  const path = parsePath(pathText);
  return Array.from({ length: plan.flows }, (_, flow) => attemptFor(where, path, pathText, flow, plan));
}

function attemptFor(where: Whereabouts, path: Path, text: string, flow: number, plan: FlowPlan): Attempt {
  const base = { id: `${text}#${flow}`, path: text, netnsPid: netnsPidOf(where, path.from) };
  switch (path.tool) {
    case "curl":
      return { ...base, ...curl(where, path, plan) };
    case "dig":
      return { ...base, ...dig(where, path) };
    case "ping":
      return { ...base, ...ping(where, path) };
  }
}

type Without<T> = Omit<T, "id" | "path" | "netnsPid">;

function curl(where: Whereabouts, path: Path, { patient = false }: FlowPlan): Without<CurlAttempt> {
  const host = addressOf(where, path.to, path.way, path.family);
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${portOf(where, path)}/`;
  const byName = path.way === "Service name" ? named(where, path) : {};
  const expectServer = { server: podOf(where, path.to).name, container: path.to };
  const connectTimeoutMs = patient ? BUDGETS.patientConnectTimeoutMs : BUDGETS.connectTimeoutMs;
  const totalTimeoutMs = connectTimeoutMs + BUDGETS.answerMs;
  const sourcePort = nextPort();
  return { tool: "curl", url, ...byName, sourcePort, patient, connectTimeoutMs, totalTimeoutMs, expectServer };
}

/**
 * Returns the resolver of a name. In a dual-stack cell it also returns the family, because the name has an address of
 * each.
 */
function named(where: Whereabouts, path: Path): Pick<CurlAttempt, "resolvConfPid" | "family"> {
  const [first, ...others] = familiesOf(where.cluster.cell);
  const family = others.length === 0 ? {} : { family: path.family ?? first };
  return { resolvConfPid: netnsPidOf(where, path.from), ...family };
}

function portOf(where: Whereabouts, path: Path): number {
  if (path.way === "NodePort") return where.cluster.nodePort;
  if (path.way === "port 80" || path.way === "port 443") return BALANCER_PORTS[path.way];
  if (path.way === "ClusterIP" || path.way === "Service name") return ROLE_PORTS.servicePort;
  return path.to === "sidecar" ? ROLE_PORTS.sidecar : ROLE_PORTS.server;
}

function dig(where: Whereabouts, path: Path): Without<DigAttempt> {
  const family = path.family ?? familiesOf(where.cluster.cell)[0];
  return {
    tool: "dig",
    server: addressOf(where, path.to, path.way, path.family),
    name: SERVER_NAME,
    // The family that carries the query, so that a single-stack cell has an answer.
    type: family === "IPv4" ? "A" : "AAAA",
    transport: "udp",
    sourcePort: nextPort(),
    timeoutMs: BUDGETS.dnsTimeoutMs,
    expectAnswer: addressOf(where, "server", "ClusterIP", family),
  };
}

function ping(where: Whereabouts, path: Path): Without<PingAttempt> {
  const address = addressOf(where, path.to, path.way, path.family);
  return { tool: "ping", address, count: 3, intervalMs: BUDGETS.pingIntervalMs, timeoutMs: BUDGETS.pingTimeoutMs };
}
