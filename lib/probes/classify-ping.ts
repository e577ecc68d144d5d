import type { Symptom } from "../model/symptom.ts";
import type { ProbeFinding } from "./classify.ts";
import type { PingAttempt, ProbeRecord, Seen } from "./probe.ts";

/** ICMP errors as iputils prints them (ping_common.c, ping6_common.c), and the errors of a send that failed at once. */
const REASONS: readonly (readonly [pattern: RegExp, symptom: Symptom])[] = [
  [/Destination Host Unreachable|Address unreachable|No route to host/, "host-unreachable"],
  [/Packet filtered|Administratively prohibited|Host Prohibited|Net Prohibited/i, "host-unreachable"],
  [/Destination Net Unreachable|Network is unreachable|Destination unreachable: No route/, "network-unreachable"],
  [/Destination Port Unreachable|Port unreachable/, "port-unreachable"],
];

/**
 * Classifies ping's output: ok if every packet was answered, loss if some were, or none without an ICMP error, and
 * else the ICMP error.
 */
export function classifyPing(attempt: PingAttempt, record: ProbeRecord): ProbeFinding {
  const output = `${record.stdout}\n${record.stderr}`;
  const reasons = REASONS.filter(([pattern]) => pattern.test(output)).map(([, symptom]) => symptom);
  const symptoms = [...new Set(reasons)];
  const counted = /^(\d+) packets transmitted, (\d+) received,/m.exec(record.stdout);
  if (!counted)
    return {
      symptom: onlyOne(symptoms),
      detail: `ping exited ${record.exitCode ?? "by a signal"}: ${lastLine(output)}`,
      seen: {},
    };
  const [sent, received] = [Number(counted[1]), Number(counted[2])];
  const seen: Seen = { sent, received };
  const detail = `${received} of ${sent} answered`;
  if (sent !== attempt.count || received > sent)
    return { symptom: "unknown", detail: `${detail}, expected ${attempt.count} packets`, seen };
  if (received === sent) return { symptom: record.exitCode === 0 ? "ok" : "unknown", detail, seen };
  if (received > 0) return { symptom: "loss", detail, seen };
  if (symptoms.length === 0) return { symptom: record.exitCode === 1 ? "loss" : "unknown", detail, seen };
  return { symptom: onlyOne(symptoms), detail: `${detail}: ${symptoms.join(", ")}`, seen };
}

function onlyOne(symptoms: readonly Symptom[]): Symptom {
  const [first] = symptoms;
  return first !== undefined && symptoms.length === 1 ? first : "unknown";
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
