import type { Symptom } from "../model/symptom.ts";
import type { ProbeFinding } from "./classify.ts";
import type { DigAttempt, ProbeRecord, Seen } from "./probe.ts";
import { slowClassS } from "./slow.ts";

/** RFC 1035 4.1.1 response codes, as dig names them. */
const STATUS_SYMPTOMS: Readonly<Record<string, Symptom>> = {
  SERVFAIL: "dns-servfail",
  NXDOMAIN: "dns-nxdomain",
  REFUSED: "dns-refused",
};

/**
 * The last words of `;; communications error to X#53: …` in dig 9.18; older versions use them for a failed send or
 * connect.
 */
const ERROR_SYMPTOMS: Readonly<Record<string, Symptom>> = {
  "timed out": "dns-timeout",
  "connection refused": "connection-refused",
  "host unreachable": "host-unreachable",
  "network unreachable": "network-unreachable",
  "connection reset": "connection-reset",
};

/** Classifies dig's output: by the reply's status, and without a reply by the error of the transport. */
export function classifyDig(attempt: DigAttempt, record: ProbeRecord): ProbeFinding {
  const output = `${record.stdout}\n${record.stderr}`;
  const replyFrom = /^;; reply from unexpected source: (\S+)#\d+, expected /m.exec(output)?.[1];
  const seen: Seen = replyFrom === undefined ? {} : { replyFrom };
  const status = /^;; ->>HEADER<<- opcode: QUERY, status: (\w+), id: \d+$/m.exec(record.stdout)?.[1];
  if (status !== undefined) return replied(attempt, record, status, seen);
  if (replyFrom !== undefined) {
    return { symptom: "dns-wrong-source", detail: `reply from ${replyFrom}, not from ${attempt.server}`, seen };
  }
  return { ...noReply(output, record.exitCode), seen };
}

function replied(attempt: DigAttempt, { stdout, exitCode }: ProbeRecord, status: string, seen: Seen): ProbeFinding {
  const refused = STATUS_SYMPTOMS[status];
  if (refused !== undefined) return { symptom: refused, detail: `status ${status}`, seen };
  const answers = answersOf(stdout, attempt.type);
  const finding = (symptom: Symptom, detail: string, more: Seen = {}): ProbeFinding => {
    return { symptom, detail, seen: { ...seen, answers, ...more } };
  };
  const queryMs = Number(/^;; Query time: (\d+) msec$/m.exec(stdout)?.[1] ?? NaN);
  if (status !== "NOERROR") return finding("unknown", `status ${status}`);
  // null for a follow-up, whose exit code is not recorded.
  if ((exitCode !== 0 && exitCode !== null) || Number.isNaN(queryMs))
    return finding("unknown", `dig exited ${exitCode ?? "?"}`);
  if (answers.length === 0) return finding("unknown", `NOERROR, but no ${attempt.type} record`);
  if (attempt.expectAnswer !== undefined && !answers.includes(attempt.expectAnswer)) {
    return finding("wrong-server", `answered ${answers.join(", ")}, not ${attempt.expectAnswer}`);
  }
  const classS = slowClassS(queryMs);
  const detail = `${answers.join(", ")} in ${queryMs} ms`;
  return classS === undefined ? finding("ok", detail) : finding("slow", detail, { slowClassS: classS });
}

/** Returns the addresses in the answer section: `name. 30 IN A 10.0.0.1`. */
function answersOf(stdout: string, type: DigAttempt["type"]): string[] {
  const section = /^;; ANSWER SECTION:\n((?:[^\n;][^\n]*\n)*)/m.exec(stdout)?.[1] ?? "";
  return section
    .split("\n")
    .map((line) => line.split(/\s+/))
    .filter((fields) => fields.length === 5 && fields[2] === "IN" && fields[3] === type)
    .map((fields) => fields[4] ?? "");
}

function noReply(output: string, exitCode: number | null): Pick<ProbeFinding, "symptom" | "detail"> {
  const errors = [
    ...output.matchAll(
      /^;; (?:communications error to \S+|(?:UDP setup with|Connection to) \S+ for \S+ failed): (.*?)\.?$/gm,
    ),
  ];
  const reasons = new Set(errors.map(([, reason]) => reason ?? ""));
  const [reason] = reasons;
  const odd = /^;; (?:Warning|Got bad packet).*$/m.exec(output)?.[0];
  if (odd !== undefined) return { symptom: "unknown", detail: `dig could not parse the reply: ${odd}` };
  if (reasons.size > 1) return { symptom: "unknown", detail: `dig failed in several ways: ${[...reasons].join(", ")}` };
  if (reason !== undefined) return { symptom: ERROR_SYMPTOMS[reason] ?? "unknown", detail: `dig: ${reason}` };
  if (output.includes("connection timed out; no servers could be reached")) {
    return { symptom: "dns-timeout", detail: "dig: connection timed out" };
  }
  const last = output.trim().split("\n").at(-1) ?? "";
  return { symptom: "unknown", detail: `dig exited ${exitCode ?? "by a signal"}: ${last}` };
}
