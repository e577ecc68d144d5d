import { readFileSync } from "node:fs";

/** Constant script for a VM's bash: runs a command and follows the event log that it writes. */
export const FOLLOW = readFileSync(new URL("run-and-follow.sh", import.meta.url), "utf8");
