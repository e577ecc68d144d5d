import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** run-and-follow.sh, for a VM's bash. */
export const FOLLOW = readFileSync(fileURLToPath(new URL("run-and-follow.sh", import.meta.url)), "utf8");
