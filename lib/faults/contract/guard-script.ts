import { readFileSync } from "node:fs";

/** Exit code of guard.sh when a command ends up in another place. No tool's own exit code is mistaken for it. */
export const WRONG_PLACE_EXIT = 97;

/**
 * The head of every script of a fault: compares where it runs with where it was meant to run, and exits when they
 * differ.
 */
export const GUARD = readFileSync(new URL("guard.sh", import.meta.url), "utf8");

/** Prints what GUARD compares: namespace, boot id and the start of process 1, a line each. */
export const PLACE = readFileSync(new URL("place.sh", import.meta.url), "utf8");
