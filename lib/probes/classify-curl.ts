import { lastLines } from "../host/exec.ts";
import type { Symptom } from "../model/symptom.ts";
import { classifyDig } from "./classify-dig.ts";
import type { Finding } from "./classify.ts";
import { echoSeen, isEchoOf } from "./echo.ts";
import type { CurlAttempt, DigAttempt, EarlyEnd, ProbeRecord, Seen } from "./probe.ts";
import { ASKED_AGAIN_MARK, FIGURES_MARK } from "./request.ts";
import type { CurlFigures } from "./request.ts";
import { slowClassS } from "./slow.ts";

/** The kernel's words for the errno of a failed connect, as `curl -v` prints them (glibc strerror, C locale). */
const ERRNO_SYMPTOMS: Readonly<Record<string, Symptom>> = {
  "Connection refused": "connection-refused",
  "No route to host": "host-unreachable",
  "Network is unreachable": "network-unreachable",
  "Connection timed out": "connect-timeout",
  "Connection reset by peer": "connection-reset",
};

/** What curl showed. The exit code only says where to look; the symptom is in curl's words and times. */
export function classifyCurl(attempt: CurlAttempt, record: ProbeRecord): Finding {
  const [told = "", again] = record.stderr.split(ASKED_AGAIN_MARK);
  const figures = readFigures(told);
  const seen = { ...flowSeen(figures), ...echoSeen(record.stdout) };
  const words = lastWords(told) || `curl exited ${record.exitCode ?? "by a signal"}`;
  const finding = (symptom: Symptom, detail = words): Finding => ({ symptom, detail, seen });
  if (record.early) return finding(...endedEarly(told, record.early));
  if (!figures) return finding("unknown", `curl did not report: ${lastLines(told, 1) || words}`);
  switch (record.exitCode) {
    case 0:
      return answered(attempt, record, figures, seen);
    case 6:
      return finding(...unresolved(attempt, record, again));
    case 7:
      return finding(...connectFailed(told, words));
    case 28:
      return finding(timeoutKind(words, figures));
    case 45: // the source port is still somebody's: nothing was sent
      return finding("unknown");
    case 52: // closed in order, without an answer: the network did its part
    case 18: // closed in order, in the middle of one
      return finding("http-error");
    case 35:
    case 55:
    case 56:
      return finding(brokenKind(words));
    default:
      return finding("unknown", `curl exited ${record.exitCode ?? "by a signal"}: ${words}`);
  }
}

function answered(attempt: CurlAttempt, record: ProbeRecord, figures: CurlFigures, seen: Seen): Finding {
  if (figures.httpCode !== "200") {
    const bad = Number(figures.httpCode) >= 400;
    return { symptom: bad ? "http-error" : "unknown", detail: `HTTP ${figures.httpCode}`, seen };
  }
  if (attempt.expectServer && !isEchoOf(attempt.expectServer, record.stdout)) {
    const who =
      seen.server === undefined ? "something that is no echo server" : `${seen.server}/${seen.container ?? "?"}`;
    return { symptom: "wrong-server", detail: `${who} answered`, seen };
  }
  const lookupMs = Number(figures.lookupS) * 1000;
  const connectMs = Number(figures.connectS) * 1000 - lookupMs;
  const classS = slowClassS(connectMs) ?? slowClassS(lookupMs);
  const took = `lookup ${Math.round(lookupMs)} ms, connect ${Math.round(connectMs)} ms`;
  if (classS !== undefined) return { symptom: "slow", detail: took, seen: { ...seen, slowClassS: classS } };
  return { symptom: "ok", detail: `HTTP 200, ${took}`, seen };
}

/** The prober ended it while the kernel still sent SYNs; should the connection have come in that moment, curl had time to say so. */
function endedEarly(told: string, { resent, conntrack, afterMs, discarded = 0 }: EarlyEnd): [Symptom, string] {
  if (!/^\* +Trying /m.test(told) || /^\* Connected to /m.test(told))
    return ["unknown", "it was ended just as it connected"];
  const state = /\bSYN_(?:SENT|RECV)\b/.exec(conntrack)?.[0];
  const unreplied = conntrack.includes("[UNREPLIED]") ? " [UNREPLIED]" : "";
  const tracked = state === undefined ? "" : `; conntrack ${state}${unreplied}`;
  const lost = state === undefined && discarded > 0 ? `; the node threw away ${discarded} packets meanwhile` : "";
  return ["connect-timeout", `${resent + 1} SYNs unanswered within ${afterMs} ms${tracked}${lost}`];
}

/** Exit 6 says no more than that there is no address; the second lookup says why, unless it came out otherwise. */
function unresolved(attempt: CurlAttempt, record: ProbeRecord, again: string | undefined): [Symptom, string] {
  if (again === undefined) return ["unknown", "could not resolve the name, and no second lookup says why"];
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
  if (symptom === "ok" || symptom === "slow")
    return ["unknown", "could not resolve the name; asked again, it resolves"];
  return [symptom, `could not resolve the name: ${detail}`];
}

function connectFailed(told: string, words: string): [Symptom, string] {
  const pattern = /^\* (?:connect to .* failed|Immediate connect fail for \S+): (.*)$/gm;
  const reasons = new Set([...told.matchAll(pattern)].map(([, reason]) => reason ?? ""));
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

/** An established connection that broke. */
function brokenKind(words: string): Symptom {
  const reason = Object.keys(ERRNO_SYMPTOMS).find((known) => words.includes(known));
  if (reason === "Connection timed out") return "stall";
  return reason === undefined ? "unknown" : (ERRNO_SYMPTOMS[reason] ?? "unknown");
}

function readFigures(told: string): CurlFigures | undefined {
  const line = told.split("\n").findLast((one) => one.startsWith(FIGURES_MARK));
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

/** curl's own message, the last line it writes: `curl: (28) …`. */
function lastWords(told: string): string {
  const line = told.split("\n").findLast((one) => one.startsWith("curl: "));
  return (line ?? "").replace(/^curl: \(\d+\) /, "").trim();
}
