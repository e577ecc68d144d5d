import { crc32 } from "node:zlib";
import type { EarlyEnd, ProbeRecord } from "./probe.ts";

/** The prober's report about itself at the end of a round. */
export interface Close {
  readonly count: number;
  /** Delay of the latest tick of its 100-ms clock. */
  readonly worstGapMs: number;
  /** How long processes of the machine waited for a CPU during the round; absent if the kernel does not count it. */
  readonly waitedMs?: number;
}

/** The complete frames in a prober's output. */
export interface Frames {
  /** By the attempt's index in the request. */
  readonly records: ReadonlyMap<number, Omit<ProbeRecord, "id">>;
  /** The last frame; absent if the output was cut. */
  readonly close?: Close;
  /** Why frames are missing, one line for people; absent if the output is complete. */
  readonly problem?: string;
}

/**
 * Reads the frames of `prober.pl` with this nonce: `NONCE begin NAME`, one line of JSON, `NONCE end NAME
 * CRC-32-OF-THE-LINE`. Leaves out any other text, and frames that come twice: they never become a record. Never
 * throws.
 */
export function parseFrames(output: string, nonce: string): Frames {
  const bodies = wholeBodies(output.split("\n"), nonce);
  const records = new Map<number, Omit<ProbeRecord, "id">>();
  for (const [name, body] of bodies) {
    const record = body === undefined ? undefined : toRecord(body);
    if (record && String(record.index) === name) records.set(record.index, record.record);
  }
  const close = toClose(bodies.get("close"));
  if (close) return { records, close };
  return { records, problem: whyCut(output, nonce) };
}

/** Returns frames by name. A name that comes twice has no body, because either frame may be forged. */
function wholeBodies(lines: readonly string[], nonce: string): Map<string, string | undefined> {
  const bodies = new Map<string, string | undefined>();
  lines.forEach((line, at) => {
    if (!line.startsWith(`${nonce} begin `)) return;
    const name = line.slice(`${nonce} begin `.length);
    const body = lines[at + 1] ?? "";
    const sum = crc32(body).toString(16).padStart(8, "0");
    if (lines[at + 2] !== `${nonce} end ${name} ${sum}`) return;
    bodies.set(name, bodies.has(name) ? undefined : body);
  });
  return bodies;
}

function whyCut(output: string, nonce: string): string {
  const refusal = output.split("\n").find((line) => line.startsWith(`${nonce} error `));
  if (refusal !== undefined) return `the prober gave up: ${refusal.slice(`${nonce} error `.length)}`;
  if (output === "") return "the prober wrote nothing";
  if (!output.includes(`${nonce} begin `)) return "the output has no frame of this round";
  return "the prober's output was cut";
}

function toRecord(body: string): { index: number; record: Omit<ProbeRecord, "id"> } | undefined {
  const fields = parseObject(body);
  const { index, exitCode, startedAtMs, durationMs, stdout, stderr } = fields;
  const early = toEarlyEnd(fields["early"]);
  if (!isCount(index) || !isCount(exitCode) || !isCount(startedAtMs) || typeof durationMs !== "number")
    return undefined;
  if (typeof stdout !== "string" || typeof stderr !== "string") return undefined;
  const record = { exitCode, startedAtMs, durationMs, stdout: fromBase64(stdout), stderr: fromBase64(stderr) };
  return { index, record: early ? { ...record, early } : record };
}

function toEarlyEnd(value: unknown): EarlyEnd | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { afterMs, resent, conntrack, discarded } = value as Readonly<Record<string, unknown>>;
  if (!isCount(afterMs) || !isCount(resent) || typeof conntrack !== "string") return undefined;
  const end = { afterMs, resent, conntrack: fromBase64(conntrack) };
  return isCount(discarded) ? { ...end, discarded } : end;
}

function toClose(body: string | undefined): Frames["close"] {
  const { count, worstGapMs, waitedMs } = parseObject(body ?? "");
  if (!isCount(count) || !isCount(worstGapMs)) return undefined;
  return isCount(waitedMs) ? { count, worstGapMs, waitedMs } : { count, worstGapMs };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function fromBase64(text: string): string {
  return Buffer.from(text, "base64").toString("utf8");
}
