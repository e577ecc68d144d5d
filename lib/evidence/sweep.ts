import { createHash, randomBytes } from "node:crypto";
import { basename, dirname } from "node:path";
import { UndecidedError } from "../host/errors.ts";
import { lastLines, type Exec } from "../host/exec.ts";
import { CAPTURE } from "./capture.ts";

const SWEEP_TIMEOUT_MS = 20_000;

/**
 * Returns the prefix of the ids of all captures of a cell. It needs the cell's folder (`runs/RUN/cells/CELL`) only, so
 * it is known after the starting process died. Pure.
 */
export function captureMark(cellDir: string): string {
  const name = `${basename(dirname(dirname(cellDir)))}/${basename(cellDir)}`;
  return createHash("sha256").update(name).digest("hex").slice(0, 12);
}

/** An id for a capture, or for a script's answer: the mark, and 12 hexadecimal digits that are new each time. */
export function newId(mark = ""): string {
  return `${mark}${randomBytes(6).toString("hex")}`;
}

/**
 * Ends the captures with this mark that still run on a node, and removes their folders. Resolves to their number.
 * Throws UndecidedError if the node does not answer.
 */
export async function endCaptures(exec: Exec, mark: string): Promise<number> {
  const { stdout, stderr, exitCode } = await exec(["sh", "-c", CAPTURE, "capture", "sweep", mark], {
    timeoutMs: SWEEP_TIMEOUT_MS,
  });
  const ended = /^ended (\d+)$/m.exec(stdout)?.[1];
  if (exitCode === 0 && ended !== undefined) return Number(ended);
  throw new UndecidedError(
    `captures could not be ended: ${lastLines(stderr, 1) || `exit ${exitCode ?? "by signal"}`}`,
    "they end by themselves within ten minutes",
  );
}
