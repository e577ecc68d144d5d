import { UndecidedError } from "../host/errors.ts";
import type { Attempt, CurlAttempt, DigAttempt, PingAttempt } from "./probe.ts";

/** Begins the line of curl's own figures on stderr; no header can: `-v` begins those with `< `. */
export const FIGURES_MARK = "faultline-figures ";

/** Begins the part of stderr that holds the output of a follow-up. */
export const ASKED_AGAIN_MARK = "\nprober: asked again\n";

const FIGURES = {
  httpCode: "http_code",
  lookupS: "time_namelookup",
  connectS: "time_connect",
  totalS: "time_total",
  localIp: "local_ip",
  localPort: "local_port",
  remoteIp: "remote_ip",
};

/** What `curl -w` is asked for: all as strings, none of them a server's words, so that the line is JSON whatever happens. */
export type CurlFigures = Readonly<Record<keyof typeof FIGURES, string>>;

const WRITE_OUT = `%{stderr}\\n${FIGURES_MARK}{${Object.entries(FIGURES)
  .map(([name, variable]) => `"${name}":"%{${variable}}"`)
  .join(",")}}\\n`;

/** The command of an attempt, as it runs in its network namespace: one try, no configuration files, no proxy. */
export function attemptArgv(attempt: Attempt): string[] {
  switch (attempt.tool) {
    case "curl":
      return curlArgv(attempt);
    case "dig":
      return digArgv(attempt);
    case "ping":
      return pingArgv(attempt);
  }
}

function curlArgv({ url, family, sourcePort, connectTimeoutMs, totalTimeoutMs }: CurlAttempt): string[] {
  const source = sourcePort === undefined ? [] : ["--local-port", String(sourcePort)];
  const timeouts = ["--connect-timeout", String(connectTimeoutMs / 1000), "--max-time", String(totalTimeoutMs / 1000)];
  // -v names the errno of a failed connect, which the exit code and %{errormsg} hide (curl 7.88).
  return [
    "curl",
    "-q",
    "-gsSv",
    "--noproxy",
    "*",
    "--proto",
    "=http,https",
    ...(family === undefined ? [] : [family === "IPv4" ? "--ipv4" : "--ipv6"]),
    ...source,
    ...timeouts,
    "-w",
    WRITE_OUT,
    "--url",
    url,
  ];
}

function digArgv({ server, name, type, transport, sourcePort, timeoutMs }: DigAttempt): string[] {
  const source = sourcePort === undefined ? [] : ["-b", `${server.includes(":") ? "::" : "0.0.0.0"}#${sourcePort}`];
  const options = ["+tries=1", `+time=${Math.max(1, Math.ceil(timeoutMs / 1000))}`, "+nocookie", "+ignore"];
  const over = transport === "tcp" ? "+tcp" : "+notcp";
  return ["dig", "-r", ...source, "-t", type, "-q", name, `@${server}`, over, ...options];
}

function pingArgv({ address, count, intervalMs, timeoutMs }: PingAttempt): string[] {
  const times = ["-i", String(intervalMs / 1000), "-W", String(timeoutMs / 1000)];
  return ["ping", "-n", "-c", String(count), ...times, "--", address];
}

/** A second command, run when the first ended with this exit code, because that code leaves open which symptom it is. */
interface FollowUp {
  readonly exitCode: number;
  readonly argv: readonly string[];
}

function followUpOf(attempt: Attempt): FollowUp {
  // curl exits 6 for NXDOMAIN, SERVFAIL and a refusal alike: dig asks the same resolver, with its search domains.
  if (attempt.tool === "curl") {
    const host = new URL(attempt.url).hostname;
    const argv = ["dig", "-r", "+search", "+tries=1", "+time=1", "+nocookie", "-t", typeOf(attempt), "-q", host];
    return { exitCode: 6, argv };
  }
  // dig exits 9 for no reply; one from another address than the one asked is told only by a socket that is not connected.
  if (attempt.tool === "dig" && attempt.transport === "udp") {
    return { exitCode: 9, argv: ["unconnected-lookup", attempt.server, attempt.name, attempt.type] };
  }
  return { exitCode: 0, argv: [] };
}

function typeOf({ family }: CurlAttempt): "A" | "AAAA" {
  return family === "IPv6" ? "AAAA" : "A";
}

/** The longest an attempt may take on the node, in ms: its own time-outs, and 2 s for a slow machine, in whole seconds. */
export function attemptBoundMs(attempt: Attempt): number {
  return Math.ceil((longestMs(attempt) + 2000) / 1000) * 1000;
}

function longestMs(attempt: Attempt): number {
  switch (attempt.tool) {
    case "curl":
      return attempt.totalTimeoutMs;
    case "dig":
      return Math.max(1000, attempt.timeoutMs + 999);
    case "ping":
      return attempt.count * attempt.intervalMs + attempt.timeoutMs;
  }
}

/** The prober's arguments: words, the first their number. Throws UndecidedError naming the field that cannot be asked for. */
export function requestWords(attempts: readonly Attempt[]): readonly string[] {
  for (const attempt of attempts) mustBeAskable(attempt);
  const words = attempts.flatMap((attempt) => {
    const argv = attemptArgv(attempt);
    const followUp = followUpOf(attempt);
    const resolvConf = attempt.tool === "curl" && attempt.resolvConfPid !== undefined ? attempt.resolvConfPid : "-";
    return [
      ...[attempt.netnsPid, resolvConf, attemptBoundMs(attempt) / 1000, followUp.exitCode, watchedPort(attempt)].map(
        String,
      ),
      ...[String(argv.length), ...argv],
      ...[String(followUp.argv.length), ...followUp.argv],
    ];
  });
  return [String(words.length), ...words];
}

/** The source port of a connect that may be ended once it is decided (watch-connects.pl). */
function watchedPort(attempt: Attempt): number | "-" {
  return attempt.tool === "curl" && attempt.patient !== true ? (attempt.sourcePort ?? "-") : "-";
}

/** Addresses and numbers come from the cluster's API: whatever it says, they are words of an argv or they are refused here. */
function mustBeAskable(attempt: Attempt): void {
  for (const [field, value] of Object.entries(attempt) as readonly [string, unknown][]) {
    const why = whyNot(field, value);
    if (why === null) continue;
    throw new UndecidedError(
      `probe "${attempt.path}": ${field} ${JSON.stringify(value)} ${why}`,
      "look at the cluster: its API gave this address, name or number",
    );
  }
}

function whyNot(field: string, value: unknown): string | null {
  if (typeof value === "number") return Number.isFinite(value) && value >= 0 ? null : "is no count";
  if (typeof value !== "string") return null;
  if (NUMBERS.has(field)) return "is no number";
  if (value.includes("\0") || !value.isWellFormed()) return "holds what no argument of a command can";
  return field === "url" && !URL.canParse(value) ? "is no URL" : null;
}

const NUMBERS = new Set(["netnsPid", "resolvConfPid", "sourcePort", "count"]);
