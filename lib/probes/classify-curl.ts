import { lastLines } from "../host/exec.ts";
import type { Symptom } from "../model/symptom.ts";
import { classifyDig } from "./classify-dig.ts";
import type { ProbeFinding } from "./classify.ts";
import { echoSeen, isEchoOf } from "./echo.ts";
import type { CurlAttempt, DigAttempt, EarlyEnd, ProbeRecord, Seen } from "./probe.ts";
import { ASKED_AGAIN_MARK, FIGURES_MARK } from "./request.ts";
import type { CurlFigures } from "./request.ts";
import { slowClassS } from "./slow.ts";

/** The errno texts of a failed connect, as `curl -v` prints them (glibc strerror, C locale). */
const ERRNO_SYMPTOMS: Readonly<Record<string, Symptom>> = {
  "Connection refused": "connection-refused",
  "No route to host": "host-unreachable",
  "Network is unreachable": "network-unreachable",
  "Connection timed out": "connect-timeout",
  "Connection reset by peer": "connection-reset",
};

/** Classifies curl's output by its messages and times; the exit code alone does not decide a symptom. */
export function classifyCurl(attempt: CurlAttempt, record: ProbeRecord): ProbeFinding {
  const [output = "", again] = record.stderr.split(ASKED_AGAIN_MARK);
  const figures = readFigures(output);
  const seen = { ...flowSeen(figures), ...echoSeen(record.stdout) };
  const words = lastWords(output) || `curl exited ${record.exitCode ?? "by a signal"}`;
  const finding = (symptom: Symptom, detail = words): ProbeFinding => ({ symptom, detail, seen });
  if (record.early) return finding(...endedEarly(output, record.early));
  if (!figures) return finding("unknown", `curl did not report: ${lastLines(output, 1) || words}`);
  switch (record.exitCode) {
    case 0:
      return answered(attempt, record, figures, seen);
    case 6:
      return finding(...unresolved(attempt, record, again));
    case 7:
      return finding(...connectFailed(output, words));
    case 28:
      return finding(timeoutKind(words, figures));
    case 45: // the source port is still in use: nothing was sent
      return finding("unknown");
    case 52: // closed properly without an answer: the network worked
    case 18: // closed properly in the middle of an answer
      return finding("http-error");
    case 35:
    case 55:
    case 56:
      return finding(brokenKind(words));
    default:
      return finding("unknown", `curl exited ${record.exitCode ?? "by a signal"}: ${words}`);
  }
}

function answered(attempt: CurlAttempt, record: ProbeRecord, figures: CurlFigures, seen: Seen): ProbeFinding {
  if (figures.httpCode !== "200") {
    const bad = Number(figures.httpCode) >= 400;
    return { symptom: bad ? "http-error" : "unknown", detail: `HTTP ${figures.httpCode}`, seen };
  }
  if (attempt.expectServer && !isEchoOf(attempt.expectServer, record.stdout)) {
    const server = seen.server === undefined ? "no echo server" : `${seen.server}/${seen.container ?? "?"}`;
    return { symptom: "wrong-server", detail: `answer from ${server}`, seen };
  }
  const lookupMs = Number(figures.lookupS) * 1000;
  const connectMs = Number(figures.connectS) * 1000 - lookupMs;
  const classS = slowClassS(connectMs) ?? slowClassS(lookupMs);
  const took = `lookup ${Math.round(lookupMs)} ms, connect ${Math.round(connectMs)} ms`;
  if (classS !== undefined) return { symptom: "slow", detail: took, seen: { ...seen, slowClassS: classS } };
  return { symptom: "ok", detail: `HTTP 200, ${took}`, seen };
}

/**
 * Classifies a connect that the prober ended while the kernel still sent SYNs. If it connected in that moment, curl
 * had time to print it.
 */
function endedEarly(output: string, { resent, conntrack, afterMs, discarded = 0 }: EarlyEnd): [Symptom, string] {
  if (!/^\* +Trying /m.test(output) || /^\* Connected to /m.test(output))
    return ["unknown", "the connection was ended just as it was established"];
  const state = /\bSYN_(?:SENT|RECV)\b/.exec(conntrack)?.[0];
  const unreplied = conntrack.includes("[UNREPLIED]") ? " [UNREPLIED]" : "";
  const tracked = state === undefined ? "" : `; conntrack ${state}${unreplied}`;
  const lost = state === undefined && discarded > 0 ? `; the node discarded ${discarded} packets meanwhile` : "";
  return ["connect-timeout", `${resent + 1} SYNs unanswered within ${afterMs} ms${tracked}${lost}`];
}

/** Classifies exit 6, a name without an address, by the second lookup, unless that one succeeded. */
function unresolved(attempt: CurlAttempt, record: ProbeRecord, again: string | undefined): [Symptom, string] {
  if (again === undefined) return ["unknown", "could not resolve the name, and there is no second lookup"];
  const lookup: DigAttempt = {
    ...attempt,
    tool: "dig",
    server: "",
    name: "",
    type: "A",
    transport: "udp",
    timeoutMs: 1000,
  };
  const { symptom, detail } = classifyDig(lookup, { ...record, exitCode: null, stdout: again, stderr: "" });
  if (symptom === "ok" || symptom === "slow") return ["unknown", "could not resolve the name, but a second lookup did"];
  return [symptom, `could not resolve the name: ${detail}`];
}

function connectFailed(output: string, words: string): [Symptom, string] {
  const pattern = /^\* (?:connect to .* failed|Immediate connect fail for \S+): (.*)$/gm;
  const reasons = new Set([...output.matchAll(pattern)].map(([, reason]) => reason ?? ""));
  const [reason = ""] = reasons;
  if (reasons.size > 1) return ["unknown", `several addresses failed differently: ${[...reasons].join(", ")}`];
  return [ERRNO_SYMPTOMS[reason] ?? "unknown", reason === "" ? words : `connect: ${reason}`];
}

function timeoutKind(words: string, figures: CurlFigures): Symptom {
  if (words.includes("Resolving timed out")) return "dns-timeout";
  if (Number(figures.connectS) > 0) return "stall";
  if (Number(figures.lookupS) === 0) return "unknown";
  if (/Connection time(d )?out|Failed to connect|Operation timed out/.test(words)) return "connect-timeout";
  return "unknown";
}

/** Classifies an established connection that broke. */
function brokenKind(words: string): Symptom {
  const reason = Object.keys(ERRNO_SYMPTOMS).find((known) => words.includes(known));
  if (reason === "Connection timed out") return "stall";
  return reason === undefined ? "unknown" : (ERRNO_SYMPTOMS[reason] ?? "unknown");
}

function readFigures(output: string): CurlFigures | undefined {
  const line = output.split("\n").findLast((each) => each.startsWith(FIGURES_MARK));
  if (line === undefined) return undefined;
  try {
    return JSON.parse(line.slice(FIGURES_MARK.length)) as CurlFigures;
  } catch {
    return undefined;
  }
}

function flowSeen(figures: CurlFigures | undefined): Seen {
  if (!figures || figures.remoteIp === "") return {};
  const { localIp, localPort, remoteIp } = figures;
  const source = localIp === "" ? {} : { source: localIp, sourcePort: Number(localPort) };
  return { ...source, remote: remoteIp };
}

/** Returns curl's message, its last line without `curl: (28) `. */
function lastWords(output: string): string {
  const line = output.split("\n").findLast((each) => each.startsWith("curl: "));
  return (line ?? "").replace(/^curl: \(\d+\) /, "").trim();
}
