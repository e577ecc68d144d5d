import { isIP } from "node:net";
import type { Symptom } from "../model/symptom.ts";
import { classifyCurl } from "./classify-curl.ts";
import { classifyDig } from "./classify-dig.ts";
import { classifyPing } from "./classify-ping.ts";
import type { Attempt, Observation, ProbeRecord, Seen } from "./probe.ts";

/** The classification of a tool's output. */
export interface ProbeFinding {
  readonly symptom: Symptom;
  readonly detail: string;
  readonly seen: Seen;
}

const RAW_LIMIT = 4096;

/**
 * Returns the observation of one attempt from its record. Equal records give equal observations. A missing record, or
 * output that the tool's classifier does not know for certain, is `unknown`. Never throws. Pure.
 */
export function classify(attempt: Attempt, record: ProbeRecord | undefined): Observation {
  if (record === undefined) return unknownObservation(attempt, "no complete report");
  const { exitCode, startedAtMs, durationMs, stdout, stderr } = record;
  const { symptom, detail, seen } = find(attempt, record);
  return {
    ...named(attempt),
    symptom,
    detail: oneLine(detail),
    startedAtMs,
    durationMs,
    seen: { ...plannedFlow(attempt), ...seen },
    ...(record.early && symptom === "connect-timeout" ? { early: record.early } : {}),
    raw: { exitCode, stdout: stdout.slice(0, RAW_LIMIT), stderr: stderr.slice(0, RAW_LIMIT) },
  };
}

/** Returns the observation of an attempt without a result, with the reason `why`. */
export function unknownObservation(attempt: Attempt, why: string, startedAtMs = 0): Observation {
  return {
    ...named(attempt),
    symptom: "unknown",
    detail: oneLine(why),
    startedAtMs,
    durationMs: 0,
    seen: plannedFlow(attempt),
    raw: { exitCode: null, stdout: "", stderr: "" },
  };
}

function find(attempt: Attempt, record: ProbeRecord): ProbeFinding {
  switch (attempt.tool) {
    case "curl":
      return classifyCurl(attempt, record);
    case "dig":
      return classifyDig(attempt, record);
    case "ping":
      return classifyPing(attempt, record);
  }
}

function named({ id, path, tool }: Attempt): Pick<Observation, "id" | "path" | "tool"> {
  return { id, path, tool };
}

/** Returns what is known of the flow before it starts: enough to find it in a capture. */
function plannedFlow(attempt: Attempt): Seen {
  if (attempt.tool === "ping") return { remote: attempt.address };
  const source = attempt.sourcePort === undefined ? {} : { sourcePort: attempt.sourcePort };
  if (attempt.tool === "dig") return { ...source, remote: attempt.server, remotePort: 53 };
  const { hostname, port } = new URL(attempt.url);
  const address = hostname.replace(/^\[|\]$/g, "");
  return { ...source, ...(isIP(address) === 0 ? {} : { remote: address }), remotePort: Number(port || 80) };
}

/** Returns the text as one printable line of at most 300 characters, because it may contain a server's words. */
function oneLine(text: string): string {
  return text
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ")
    .trim()
    .slice(0, 300);
}
