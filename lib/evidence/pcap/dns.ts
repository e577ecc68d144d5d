import type { Dns } from "./packet.ts";
import { failed, sizeOf, type Read, type Span } from "./span.ts";

export const DNS_PORT = 53;
const HEADER = 12;
const LONGEST_NAME = 255;
/** Length bytes with both upper bits set are pointers. */
const POINTER = 0xc0;

/** Reads the header and the first question (RFC 1035, 4.1). Answers are counted, not read. */
export function readDns(span: Span): Read<Dns> {
  if (sizeOf(span) < HEADER) return failed("dns", "short", span);
  const { view, start } = span;
  const flags = view.getUint16(start + 2);
  const layer: Dns = {
    id: view.getUint16(start),
    isResponse: (flags & 0x8000) !== 0,
    rcode: flags & 0xf,
    answerCount: view.getUint16(start + 6),
  };
  if (view.getUint16(start + 4) === 0) return { layer };
  const name = readName(span, start + HEADER);
  if (typeof name === "string") return { layer, ...failed("dns", name, span) };
  if (name.next + 4 > span.end) return { layer, ...failed("dns", "short", span) };
  return { layer: { ...layer, question: { name: name.text, type: view.getUint16(name.next) } } };
}

/** Returns a name and the offset after it. Pointers must go backwards, so that every name ends. */
function readName({ view, start, end }: Span, from: number): { text: string; next: number } | "short" | "malformed" {
  let at = from;
  let next: number | null = null;
  let lowest = from;
  let [text, size] = ["", 0];
  for (;;) {
    if (at >= end) return "short";
    const length = view.getUint8(at);
    if (length === 0) return { text: text || ".", next: next ?? at + 1 };
    if (length >= POINTER) {
      if (at + 2 > end) return "short";
      next ??= at + 2;
      at = start + (view.getUint16(at) & 0x3fff);
      if (at >= lowest) return "malformed";
      lowest = at;
      continue;
    }
    size += length + 1;
    if (length > 63 || size > LONGEST_NAME) return "malformed";
    if (at + 1 + length > end) return "short";
    text += `${text === "" ? "" : "."}${labelText(view, at + 1, length)}`;
    at += 1 + length;
  }
}

/** Returns a label with unprintable bytes and inner dots escaped as in RFC 4343: names end up on terminals. */
function labelText(view: DataView, at: number, length: number): string {
  let text = "";
  for (let index = at; index < at + length; index += 1) {
    const byte = view.getUint8(index);
    const isPlain = byte > 0x20 && byte < 0x7f && byte !== 0x2e && byte !== 0x5c;
    text += isPlain ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, "0")}`;
  }
  return text;
}
