import { addressOf, BALANCER_PORTS, netnsPidOf, podOf, ROLE_PORTS, SERVER_NAME } from "../model/address.ts";
import { familiesOf } from "../model/cell.ts";
import { monotonicMs } from "../host/clock.ts";
import type { Whereabouts } from "../model/cluster.ts";
import { parsePath, type Path } from "../model/path.ts";
import type { Attempt, CurlAttempt, DigAttempt, PingAttempt } from "./probe.ts";

/**
 * Budgets of one attempt. ARP failure shows as host-unreachable after about 3 s (3 probes, 1 s apart: mcast_solicit and retrans_time_ms of the
 * kernel's neighbour tables), so a connect time-out near 3 s would race with it: 4.5 s is beyond it.
 */
export const BUDGETS = {
  connectTimeoutMs: 4500,
  /** For a path that is to be host-unreachable, see PATIENCE. */
  patientConnectTimeoutMs: 10_800,
  /** Beyond the connect budget: connected and then silent for this long is a stall. */
  answerMs: 1500,
  dnsTimeoutMs: 2000,
  pingIntervalMs: 50,
  /** No process has to answer a ping, so it is quick even on a busy machine. */
  pingTimeoutMs: 1000,
} as const;

/**
 * PATIENCE. Since Linux 6.5 a SYN is sent again at 3 s (tcp_syn_linear_timeouts), just when ARP gives up. The kernel's loop that tells the waiting flows
 * (neigh_invalidate in net/core/neighbour.c) stops when a new packet starts the next resolution, and the rest of the queue is dropped without a word:
 * those flows learn it from the second failure, at about 6.2 s, or, should the SYN of 7 s come in between again, from the third at about 10.2 s; the next SYN is sent at 11 s only. Measured: 2 of 9
 * flows told at 3.1 s, the other 7 silent at 4.5 s; one in some 50 silent at 7.5 s.
 */
export interface Tries {
  readonly flows: number;
  /** Waits for the second ARP failure. */
  readonly patient?: boolean;
}

/**
 * Each flow has a source port of its own, so that captures, conntrack and the kernel's socket table can be asked for this one; two lookups at once from one
 * port would get each other's replies (dig 9.18 shares it). Below NodePorts and the kernel's own range (ip_local_port_range begins at 32768).
 */
const PORTS = { first: 10_000, count: 20_000, perSecond: 40 } as const;
let lastFlow = 0;

/**
 * Begins where the machine's uptime says, so that a process started later does not meet ports that an earlier one left in TIME_WAIT (60 s,
 * TCP_TIMEWAIT_LEN in include/net/tcp.h): that took fewer than 40 a second, and a round of the range lasts 500 s.
 */
function nextPort(): number {
  lastFlow = Math.max(lastFlow + 1, Math.floor((monotonicMs() * PORTS.perSecond) / 1000));
  return PORTS.first + (lastFlow % PORTS.count);
}

/** The attempts of one path: fresh flows, resolved to addresses. Throws when a role is not there just now. */
export function attemptsFor(where: Whereabouts, pathText: string, tries: Tries): readonly Attempt[] {
  const path = parsePath(pathText);
  return Array.from({ length: tries.flows }, (_, flow) => attemptFor(where, path, pathText, flow, tries));
}

function attemptFor(where: Whereabouts, path: Path, text: string, flow: number, tries: Tries): Attempt {
  const base = { id: `${text}#${flow}`, path: text, netnsPid: netnsPidOf(where, path.from) };
  switch (path.tool) {
    case "curl":
      return { ...base, ...curl(where, path, tries) };
    case "dig":
      return { ...base, ...dig(where, path) };
    case "ping":
      return { ...base, ...ping(where, path) };
  }
}

type Without<T> = Omit<T, "id" | "path" | "netnsPid">;

function curl(where: Whereabouts, path: Path, { patient = false }: Tries): Without<CurlAttempt> {
  const host = addressOf(where, path.to, path.way, path.family);
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${portOf(where, path)}/`;
  const byName = path.way === "Service name" ? named(where, path) : {};
  const expectServer = { server: podOf(where, path.to).name, container: path.to };
  const connectTimeoutMs = patient ? BUDGETS.patientConnectTimeoutMs : BUDGETS.connectTimeoutMs;
  const totalTimeoutMs = connectTimeoutMs + BUDGETS.answerMs;
  const sourcePort = nextPort();
  return { tool: "curl", url, ...byName, sourcePort, patient, connectTimeoutMs, totalTimeoutMs, expectServer };
}

/** A name may have an address of each family: where the cell has both, the path says which is meant. */
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
    // Of the family that carries the question, so that a single-family cell has an answer.
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
