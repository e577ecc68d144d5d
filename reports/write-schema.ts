/**
 * Writes docs/report.schema.json: run `node reports/write-schema.ts` after a change of reports/schema.ts. A unit test
 * checks it.
 */
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { format } from "prettier";
import { reportJsonSchema } from "./schema.ts";

const path = fileURLToPath(new URL("../docs/report.schema.json", import.meta.url));
await writeFile(path, await format(JSON.stringify(reportJsonSchema()), { parser: "json", printWidth: 120 }));
