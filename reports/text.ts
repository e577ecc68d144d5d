/**
 * Text made safe to show: what probes and nodes say may hold terminal escapes, control characters and bidirectional overrides, and a
 * report must neither be redrawn nor reordered by them.
 */
import { stripVTControlCharacters } from "node:util";

/** Control (Cc), format (Cf: bidi overrides, zero-width) and the Unicode line separators; newlines are kept. */
const UNPRINTABLE = /(?!\n)[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Several lines: escapes and control characters dropped, tabs as a space, lone surrogates as U+FFFD. */
export function cleanText(text: string): string {
  const plain = stripVTControlCharacters(text.replace(/\r\n?/g, "\n").replaceAll("\t", " "));
  return plain.toWellFormed().replace(UNPRINTABLE, "");
}

/** The same as one line, cut at `limit` characters so that one noisy probe cannot push the rest off the screen. */
export function oneLine(text: string, limit = 300): string {
  return cut(cleanText(text).replace(/\s+/g, " ").trim(), limit);
}

/** At most `limit` characters, saying so with `…`; never half a character. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, Math.max(0, limit - 1)).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

const ASCII: Readonly<Record<string, string>> = {
  "→": "->",
  "×": "x",
  "…": "...",
  "–": "-",
  "—": "-",
  "·": "-",
  "≤": "<=",
  "≥": ">=",
  "≈": "~",
  "“": '"',
  "”": '"',
  "‘": "'",
  "’": "'",
  "✔": "+",
  "✘": "x",
};

/** For terminals and logs that cannot show more than ASCII. */
export function asciiText(text: string): string {
  return text.replace(/[^\p{ASCII}]/gu, (character) => ASCII[character] ?? "?");
}

/** `84 ms`, `8.1 s`, `2 min 03 s`; `–` for what did not happen. */
export function duration(ms: number | null): string {
  if (ms === null) return "–";
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}
