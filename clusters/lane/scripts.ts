import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const script = (name: string) => readFileSync(fileURLToPath(new URL(name, import.meta.url)), "utf8");

/** Constant scripts for a VM's bash. */
export const FOLLOW = script("run-and-follow.sh");
export const DIAGNOSE = script("diagnose.sh");
