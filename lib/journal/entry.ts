import { crc32 } from "node:zlib";
import { z } from "zod";
import { identitySchema } from "../faults/run/identity.ts";
import { nodeFaultSchema } from "../faults/registry.ts";
import type { Json } from "../faults/contract/kind.ts";
import { faultIdSchema } from "../faults/contract/values.ts";

/** JSON as the kinds' prior states are typed: read-only. */
const priorSchema: z.ZodType<Json> = z.json();

const line = { v: z.literal(1), atMs: z.number(), faultId: faultIdSchema };

/** Before anything is written to the node: all that undoing needs. */
const intentSchema = z.strictObject({
  ...line,
  state: z.literal("intent"),
  nodeFault: nodeFaultSchema,
  /** What was there before; its shape is the kind's `priorSchema`. */
  prior: priorSchema,
  target: identitySchema,
});

const stepSchema = z.strictObject({
  ...line,
  state: z.enum(["applied", "verified", "undo-intent", "undone", "undo-verified", "gone", "failed"]),
  detail: z.string(),
});

/** One line of journal.ndjson, its checksum apart. */
export const entrySchema = z.discriminatedUnion("state", [intentSchema, stepSchema]);
export type JournalEntry = z.infer<typeof entrySchema>;
export type Intent = z.infer<typeof intentSchema>;
export type JournalState = JournalEntry["state"];

const SEALED = /^(\{.*),"crc":"([0-9a-f]{8})"\}$/s;

/** The entry as a line with its newline: its JSON, and as last member the CRC-32 of that JSON without it. */
export function sealed(entry: JournalEntry): string {
  const body = JSON.stringify(entry);
  return `${body.slice(0, -1)},"crc":"${checksum(body)}"}\n`;
}

export type ReadLine =
  | { readonly kind: "entry"; readonly entry: JournalEntry }
  /** Not written to its end, so whatever it announced was never done. */
  | { readonly kind: "torn" }
  /** Whole but not what was written: it may have been an intent. */
  | { readonly kind: "damaged"; readonly why: string };

/** Reads one line without its newline. Never throws. */
export function opened(text: string): ReadLine {
  const parts = SEALED.exec(text);
  // A line cut short is no JSON: no proper beginning of an object is one.
  if (!parts) return isJson(text) ? { kind: "damaged", why: "it has no checksum" } : { kind: "torn" };
  const body = `${parts[1]}}`;
  if (checksum(body) !== parts[2] || !isJson(body)) return { kind: "damaged", why: "its checksum is wrong" };
  const read = entrySchema.safeParse(JSON.parse(body));
  if (read.success) return { kind: "entry", entry: read.data };
  const issue = read.error.issues[0];
  return { kind: "damaged", why: `${issue?.path.join(".") || "line"}: ${issue?.message}` };
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, "0");
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
