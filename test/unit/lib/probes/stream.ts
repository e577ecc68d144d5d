import { crc32 } from "node:zlib";
import type { ProbeRecord } from "../../../../lib/probes/probe.ts";

/**
 * Returns the prober's output for these records. It is a second implementation, so that the reader is not tested
 * against itself.
 */
export function streamOf(nonce: string, records: readonly Omit<ProbeRecord, "id">[]): string {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const bodies = records.map((record, index) => ({
    name: String(index),
    body: JSON.stringify({ index, ...record, stdout: base64(record.stdout), stderr: base64(record.stderr) }),
  }));
  const close = { name: "close", body: JSON.stringify({ count: records.length, worstGapMs: 7 }) };
  return [...bodies, close].map(({ name, body }) => framed(nonce, name, body)).join("");
}

export function framed(nonce: string, name: string, body: string): string {
  const sum = crc32(body).toString(16).padStart(8, "0");
  return `\n${nonce} begin ${name}\n${body}\n${nonce} end ${name} ${sum}\n`;
}

/**
 * Returns a node's answer: the records of a round with the prober's worst gap, or without a gap a stream cut before
 * its end.
 */
export function answer(nonce: string, records: readonly ProbeRecord[], worstGapMs: number | null): string {
  const whole = streamOf(nonce, records);
  const cut = whole.slice(0, whole.indexOf(`\n${nonce} begin close\n`));
  if (worstGapMs === null) return cut;
  return cut + framed(nonce, "close", JSON.stringify({ count: records.length, worstGapMs }));
}
