import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { UndecidedError } from "../host/errors.ts";
import { makePrivateDir } from "../host/private-dir.ts";
import type { Journal, NewEntry } from "../faults/run/journal.ts";
import { sealed } from "./entry.ts";

/** A line could not be made durable, so the step that it announces was not done. Exit 2. */
export class JournalError extends UndecidedError {
  constructor(path: string, cause: unknown) {
    const why = (cause as Error).message;
    super(
      `journal ${path} could not be written: ${why}`,
      "make room on that disk, or make it writable, and run again",
      {
        cause,
      },
    );
  }
}

/** A journal on disk, open for appending. */
export interface JournalFile extends Journal, Disposable {
  readonly path: string;
}

/**
 * Opens `path` (`runs/ID/cells/CELL/journal.ndjson`) for appending, and creates it and its directory (0700) when they
 * are missing. Several processes may have it open: each line is one write. Throws JournalError.
 */
export function openJournal(path: string): JournalFile {
  let fd: number;
  let tornTail: boolean;
  try {
    makePrivateDir(dirname(path));
    fd = openSync(path, "a+", 0o600);
    tornTail = !endsInNewline(fd);
    syncDirectory(dirname(path));
  } catch (error) {
    throw new JournalError(path, error);
  }
  const append = (entry: NewEntry): void => {
    const line = Buffer.from(sealed({ v: 1, atMs: Date.now(), ...entry }));
    try {
      // A line that a crash or a full disk cut short must not swallow the next one.
      const bytes = tornTail ? Buffer.concat([Buffer.from("\n"), line]) : line;
      tornTail = true;
      const written = writeSync(fd, bytes);
      if (written !== bytes.length) throw new Error(`only ${written} of ${bytes.length} bytes went in`);
      tornTail = false;
      fsyncSync(fd);
    } catch (error) {
      throw new JournalError(path, error);
    }
  };
  return { path, append, [Symbol.dispose]: () => closeSync(fd) };
}

function endsInNewline(fd: number): boolean {
  const { size } = fstatSync(fd);
  if (size === 0) return true;
  const last = Buffer.alloc(1);
  readSync(fd, last, 0, 1, size - 1);
  return last[0] === 0x0a;
}

/** A new file's name is durable only once its directory is on disk too. */
function syncDirectory(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
