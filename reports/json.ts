/** Renders report.json, the run for programs (docs/report.schema.json). */
import { z } from "zod";
import type { Run } from "../lib/verdict/result.ts";
import { reportSchema } from "./schema.ts";

/**
 * Returns indented JSON with a final newline. Keys are in the schema's order, and sorted in free records, so that
 * reports can be diffed.
 */
export function renderJson(run: Run): string {
  return `${JSON.stringify(ordered(run, reportSchema), null, 2)}\n`;
}

/** Orders keys and does not validate: a report that contradicts the schema is better than none. */
function ordered(value: unknown, schema: unknown): unknown {
  if (schema instanceof z.ZodNullable) return ordered(value, schema.unwrap());
  if (Array.isArray(value))
    return value.map((item) => ordered(item, schema instanceof z.ZodArray ? schema.element : null));
  if (typeof value !== "object" || value === null) return value;
  const fields: Readonly<Record<string, unknown>> = schema instanceof z.ZodObject ? schema.shape : {};
  const known = Object.keys(fields).filter((key) => Object.hasOwn(value, key));
  const others = Object.keys(value)
    .filter((key) => !Object.hasOwn(fields, key))
    .sort();
  const entries = new Map<string, unknown>(Object.entries(value));
  return Object.fromEntries([...known, ...others].map((key) => [key, ordered(entries.get(key), fields[key])]));
}
