import { closeSync, existsSync, openSync, readSync } from "node:fs";
import type { Event } from "../../lib/events/event.ts";

const LOOK_EVERY_MS = 100;

/**
 * Calls `onEvent` for each event of a log from its beginning, as they are appended. `stop` reads the remaining ones
 * first.
 */
export function followLog(path: string, onEvent: (event: Event) => void): { stop(): void } {
  let offset = 0;
  let rest = "";
  const look = () => {
    if (!existsSync(path)) return;
    const file = openSync(path, "r");
    const buffer = Buffer.alloc(256 * 1024);
    try {
      for (let read = readSync(file, buffer, 0, buffer.length, offset); read > 0;) {
        offset += read;
        const lines = (rest + buffer.toString("latin1", 0, read)).split("\n");
        rest = lines.pop() ?? "";
        // latin1 keeps the bytes of a character that two reads cut in half.
        for (const line of lines) tell(Buffer.from(line, "latin1").toString("utf8"), onEvent);
        read = readSync(file, buffer, 0, buffer.length, offset);
      }
    } finally {
      closeSync(file);
    }
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  timer.unref();
  return {
    stop: () => {
      clearInterval(timer);
      look();
    },
  };
}

/**
 * Ignores a damaged line or a failing renderer: progress must not end a run with faults in force. The report names the
 * line.
 */
function tell(line: string, onEvent: (event: Event) => void): void {
  try {
    onEvent(JSON.parse(line) as Event);
  } catch {
    // Said above.
  }
}
