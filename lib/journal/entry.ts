import { crc32 } from "node:zlib";
import { z } from "zod";
import { identitySchema } from "../faults/run/identity.ts";
import { nodeFaultSchema } from "../faults/registry.ts";
import type { Json } from "../faults/contract/kind.ts";
import { faultIdSchema } from "../faults/contract/values.ts";

/** JSON as the kinds' prior states are typed: read-only. */
const priorSchema: z.ZodType<Json> = z.json();

const line = { v: z.literal(1), atMs: z.number(), faultId: faultIdSchema };

/** Written before anything is written to the node: everything that undo needs. */
const intentSchema = z.strictObject({
  ...line,
  state: z.literal("intent"),
  nodeFault: nodeFaultSchema,
  /** The prior state; the kind's `priorSchema` reads it. */
  prior: priorSchema,
  target: identitySchema,
});

const stepSchema = z.strictObject({
  ...line,
  state: z.enum(["applied", "verified", "undo-intent", "undone", "undo-verified", "gone", "failed"]),
  detail: z.string(),
});

/** One line of journal.ndjson, without its checksum. */
export const entrySchema = z.discriminatedUnion("state", [intentSchema, stepSchema]);
export type JournalEntry = z.infer<typeof entrySchema>;
export type Intent = z.infer<typeof intentSchema>;
export type JournalState = JournalEntry["state"];

const SEALED = /^(\{.*),"crc":"([0-9a-f]{8})"\}$/s;

/** Returns the entry as a line with its newline: its JSON, whose last member is the CRC-32 of the JSON without it. */
export function sealed(entry: JournalEntry): string {
  const body = JSON.stringify(entry);
  return `${body.slice(0, -1)},"crc":"${checksum(body)}"}\n`;
}

export type ReadLine =
  | { readonly kind: "entry"; readonly entry: JournalEntry }
  /** Not written to its end, so the step that it announced was never done. */
  | { readonly kind: "torn" }
  /** Whole but altered: it may have been an intent. */
  | { readonly kind: "damaged"; readonly why: string };

/** Reads one line without its newline. Never throws. */
export function opened(text: string): ReadLine {
  const parts = SEALED.exec(text);
  // A line cut short is not JSON, since no proper prefix of an object is.
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
