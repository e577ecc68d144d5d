import { UndecidedError } from "../host/errors.ts";
import type { Attempt, CurlAttempt, DigAttempt, PingAttempt } from "./probe.ts";

/** Begins the line with curl's figures on stderr. A server's header cannot: `-v` begins headers with `< `. */
export const FIGURES_MARK = "faultline-figures ";

/** Begins the part of stderr with the output of a follow-up. */
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

/** The figures of `curl -w`, as strings. None comes from the server, so the line is always JSON. */
export type CurlFigures = Readonly<Record<keyof typeof FIGURES, string>>;

const WRITE_OUT = `%{stderr}\\n${FIGURES_MARK}{${Object.entries(FIGURES)
  .map(([name, variable]) => `"${name}":"%{${variable}}"`)
  .join(",")}}\\n`;

/** Returns the command of an attempt in its network namespace: one try, no configuration files, no proxy. */
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
  // -v prints the errno of a failed connect, which the exit code and %{errormsg} hide (curl 7.88).
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

/** A second command, run if the first ends with this exit code, which does not decide the symptom. */
interface FollowUp {
  readonly exitCode: number;
  readonly argv: readonly string[];
}

function followUpOf(attempt: Attempt): FollowUp {
  // curl exits 6 for NXDOMAIN, SERVFAIL and a refusal. dig asks the same resolver, with its search domains.
  if (attempt.tool === "curl") {
    const host = new URL(attempt.url).hostname;
    const argv = ["dig", "-r", "+search", "+tries=1", "+time=1", "+nocookie", "-t", typeOf(attempt), "-q", host];
    return { exitCode: 6, argv };
  }
  // dig exits 9 if no reply came. Only an unconnected socket sees a reply from another address.
  if (attempt.tool === "dig" && attempt.transport === "udp") {
    return { exitCode: 9, argv: ["unconnected-lookup", attempt.server, attempt.name, attempt.type] };
  }
  return { exitCode: 0, argv: [] };
}

function typeOf({ family }: CurlAttempt): "A" | "AAAA" {
  return family === "IPv6" ? "AAAA" : "A";
}

/**
 * Returns the time limit of an attempt on the node, in ms: its timeouts and 2 s for a slow machine, in whole seconds.
 */
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

/**
 * Returns the prober's arguments as words; the first is their number. Throws UndecidedError naming a field that
 * cannot be an argument.
 */
export function requestWords(attempts: readonly Attempt[]): readonly string[] {
  for (const attempt of attempts) mustBePassable(attempt);
  const words = attempts.flatMap((attempt) => {
    const argv = attemptArgv(attempt);
    const followUp = followUpOf(attempt);
    const resolvConf = attempt.tool === "curl" && attempt.resolvConfPid !== undefined ? attempt.resolvConfPid : "-";
    return [
      String(attempt.netnsPid),
      String(resolvConf),
      String(attemptBoundMs(attempt) / 1000),
      String(followUp.exitCode),
      String(watchedPort(attempt)),
      String(argv.length),
      ...argv,
      String(followUp.argv.length),
      ...followUp.argv,
    ];
  });
  return [String(words.length), ...words];
}

/** Returns the source port of a connect that watch-connects.pl may end early; `-` for other attempts. */
function watchedPort(attempt: Attempt): number | "-" {
  return attempt.tool === "curl" && attempt.patient !== true ? (attempt.sourcePort ?? "-") : "-";
}

/** Checks that every value can be an argument: addresses and numbers come from the cluster's API. */
function mustBePassable(attempt: Attempt): void {
  for (const [field, value] of Object.entries(attempt) as readonly [string, unknown][]) {
    const why = whyNot(field, value);
    if (why === null) continue;
    throw new UndecidedError(
      `probe "${attempt.path}": ${field} ${JSON.stringify(value)} ${why}`,
      "check the cluster: its API returned this address, name or number",
    );
  }
}

function whyNot(field: string, value: unknown): string | null {
  if (typeof value === "number") return Number.isFinite(value) && value >= 0 ? null : "is not a count";
  if (typeof value !== "string") return null;
  if (NUMBERS.has(field)) return "is not a number";
  if (value.includes("\0") || !value.isWellFormed()) return "cannot be an argument of a command";
  return field === "url" && !URL.canParse(value) ? "is not a URL" : null;
}

const NUMBERS = new Set(["netnsPid", "resolvConfPid", "sourcePort", "count"]);
