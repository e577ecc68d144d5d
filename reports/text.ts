/**
 * Makes text safe to show. Output of probes and nodes may contain terminal escapes, control characters and
 * bidirectional overrides, which must not redraw or reorder a report.
 */
import { stripVTControlCharacters } from "node:util";

/**
 * Control (Cc) and format characters (Cf: bidi overrides, zero-width) and Unicode line separators, without newlines.
 */
const UNPRINTABLE = /(?!\n)[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/**
 * Returns the text, possibly of several lines, without escapes and control characters. Tabs become a space, lone
 * surrogates U+FFFD.
 */
export function cleanText(text: string): string {
  const plain = stripVTControlCharacters(text.replace(/\r\n?/g, "\n").replaceAll("\t", " "));
  return plain.toWellFormed().replace(UNPRINTABLE, "");
}

/** Returns clean text as one line of at most `limit` characters, so that one noisy probe does not fill the screen. */
export function oneLine(text: string, limit = 300): string {
  return cut(cleanText(text).replace(/\s+/g, " ").trim(), limit);
}

/** Returns at most `limit` characters; a cut text ends with `…`. Does not split a surrogate pair. */
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

/** Returns the text in ASCII, with `?` for characters without a spelling there. */
export function asciiText(text: string): string {
  return text.replace(/[^\p{ASCII}]/gu, (character) => ASCII[character] ?? "?");
}

/** Returns a duration in words: `84 ms`, `8.1 s`, `2 min 03 s`; `–` for null, a part that did not happen. */
export function duration(ms: number | null): string {
  if (ms === null) return "–";
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}
